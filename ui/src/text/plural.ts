// Plural forms by the rules of the language, through Intl.

/** `other` always stands for the categories a language has and the caller does not name. */
export function pluralFor(locale: string) {
  const rules = new Intl.PluralRules(locale);
  return (n: number, forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }): string =>
    forms[rules.select(n)] ?? forms.other;
}
