// Plural forms by the rules of the language, through Intl.

/** `other` always stands for the categories a language has and the caller does not name. */
export function pluralFor(locale: string) {
  // Made when first asked: a hidden window needs none of the language data, which is some MiB.
  let rules: Intl.PluralRules | undefined;
  return (n: number, forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }): string =>
    forms[(rules ??= new Intl.PluralRules(locale)).select(n)] ?? forms.other;
}
