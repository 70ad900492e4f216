// What a search means, as far as tests and the demo need it: the filters in the text, and names that begin alike.

import type { ContactDto, InsteadDto, SearchDto, SearchFilterDto } from '../generated';

/** `t:lead co:acme anna` is a name and two filters, in English and German. */
export function understood(query: SearchDto): SearchFilterDto {
  const types = [...query.types];
  let company = query.company ?? null;
  const text = query.text.replace(/(?<=^|\s)(t|type|typ|co|company|firma):(?:"([^"]*)"?|(\S*))/gi, (_, kind: string, quoted?: string, bare?: string) => {
    const value = (quoted ?? bare ?? '').toLowerCase();
    if (value && kind.toLowerCase().startsWith('t')) types.push(value);
    else if (value) company = value;
    return '';
  });
  return { text: text.trim().replace(/\s+/g, ' '), types, company };
}

/** Words of names that begin with the same two letters as the last word typed. */
export function spelledNearly(contacts: ContactDto[], text: string): InsteadDto[] {
  const start = text.toLowerCase().split(' ').at(-1)?.slice(0, 2) ?? '';
  const words = contacts.flatMap((one) => one.name.split(' ')).filter((word) => start.length === 2 && word.toLowerCase().startsWith(start));
  return [...new Set(words)].slice(0, 3).map((word) => ({ text: word, count: words.filter((one) => one === word).length }));
}
