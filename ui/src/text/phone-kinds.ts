// Kinds of phones in the language of the window. The owner describes them in English. Names and titles are translated by
// their ids; whole sentences by themselves, so that one which changes falls back to English instead of saying what was true
// before.

import type { ParameterDto, PhoneKindDto } from '../backend/generated';
import { words } from './index';
import { german } from './phone-kinds.de';

export interface KindWords {
  /** By the kind's id. */
  names: Record<string, string>;
  /** Titles of fields by `kind.field`, else by `field`; what can be chosen in one by `field.value`. */
  titles: Record<string, string>;
  /** By the English sentence. */
  sentences: Record<string, string>;
}

const LANGUAGES: Record<string, KindWords> = { de: german };

export function inWords(kind: PhoneKindDto): PhoneKindDto {
  const there = LANGUAGES[words().locale];
  if (!there) return kind;
  const say = (text: string) => own(there.sentences, text) ?? text;
  const parameter = (one: ParameterDto): ParameterDto => ({
    ...one,
    title: own(there.titles, `${kind.id}.${one.name}`) ?? own(there.titles, one.name) ?? one.title,
    help: one.help === null ? null : say(one.help),
    placeholder: one.placeholder === null ? null : say(one.placeholder),
    options: one.options.map((option) => ({ ...option, label: own(there.titles, `${one.name}.${option.value}`) ?? option.label })),
  });
  return {
    ...kind,
    name: own(there.names, kind.id) ?? kind.name,
    summary: say(kind.summary),
    needs: kind.needs.map(say),
    limits: kind.limits.map(say),
    evidence: { ...kind.evidence, note: say(kind.evidence.note) },
    parameters: kind.parameters.map(parameter),
  };
}

const own = (texts: Record<string, string>, key: string): string | undefined => (Object.hasOwn(texts, key) ? texts[key] : undefined);
