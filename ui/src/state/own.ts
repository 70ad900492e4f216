// Records by names that others chose: a field called `constructor` must not find what every object has.

/** The text under this name; empty where there is none. */
export function textOf(record: Record<string, string>, name: string): string {
  const value: unknown = record[name];
  return typeof value === 'string' ? value : '';
}
