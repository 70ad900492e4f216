// Every word a person reads, in German. The type holds it complete.

import { contacts } from './contacts.de';
import { first } from './first.de';
import { privacy } from './privacy.de';
import { card } from './card.de';
import { connecting } from './connecting.de';
import type { Text } from './en';
import { main } from './main.de';
import { phones } from './phones.de';
import { pluralFor } from './plural';

const plural = pluralFor('de');

export const de: Text = {
  locale: 'de',

  ...card,

  search: {
    title: 'Person suchen',
    placeholder: 'Name, Firma, Nummer oder E-Mail',
    filter: 'Nur zeigen',
    results: 'Treffer',
    recent: 'Letzte Anrufer',
    suggested: 'Zu diesem Anruf',
    near: 'Ähnlich geschrieben',
    live: (name) => `${name}, live`,
    asking: 'Verbindungen werden gefragt…',
    none: (text) => (text ? `Niemand heißt „${text}“.` : 'Niemand gefunden.'),
    liveNone: 'Die Verbindungen kennen sonst niemanden.',
    instead: 'Gemeint vielleicht',
    insteadOne: (text, n) => plural(n, { one: `${text}, ${n} Person`, other: `${text}, ${n} Personen` }),
    askLive: 'Jetzt live in den CRMs suchen',
    createSo: (text) => (text ? `„${text}“ anlegen` : 'Jemanden anlegen'),
    company: (name) => `Firma ${name}`,
    empty: 'Name, Firma, Nummer oder E-Mail eintippen.',
    assign: 'hier protokollieren',
    choose: 'für diesen Anruf wählen',
    move: 'Protokoll hierher verschieben',
    open: 'im CRM öffnen',
    copy: 'Nummer kopieren',
    copied: (number) => `${number} kopiert`,
    dial: 'anrufen',
    noNumber: (name) => `Zu ${name} gibt es keine Nummer.`,
    noDial: 'Nummer mit Strg+C kopieren und vom Telefon aus anrufen.',
    create: (text) => (text ? `„${text}“ anlegen` : 'anlegen'),
    addNumber: (number) => `${number} dort ergänzen`,
    callWith: (who) => `Anruf mit ${who}`,
    handOn: (program) => `Mit ${program} anrufen`,
    noCall: 'Kein offener Anruf',
    count: (n) => plural(n, { one: `${n} Person gefunden`, other: `${n} Personen gefunden` }),
    noPage: (name) => `${name} hat keine Seite zum Öffnen.`,
  },

  nav: main.nav,

  calls: main.calls,

  connections: connecting,

  phones,

  numbers: main.numbers,

  rules: main.rules,

  privacy,

  contacts,

  first,

  quiet: main.quiet,

  creations: main.creations,

  about: main.about,

  quit: main.quit,

  banner: {
    inMemory: 'Nur im Arbeitsspeicher',
    unlock: 'Entsperren',
    details: 'Details',
    lost: 'Ringside antwortet nicht. Neuer Versuch…',
  },

  age: {
    now: 'gerade eben',
    seconds: (s) => `vor ${s} s`,
    minutes: (m) => `vor ${m} min`,
  },
};
