/**
 * German by English, as the owner says it. Gaps have the names that they have in Rust, and numbers where they have none:
 * `{host}`, `{1}`. In the German, `{why!}` is a gap whose text is a sentence of ours itself, and becomes German, too.
 */
export type Sentences = Readonly<Record<string, string>>;
