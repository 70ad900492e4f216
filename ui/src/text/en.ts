// Every word a person reads, in English. `de.ts` has the same shape, so a text missing there does not compile.
// Names and numbers go in as arguments and come out as plain text; nothing here is ever markup.

import { contacts } from './contacts.en';
import { first } from './first.en';
import { privacy } from './privacy.en';
import { card } from './card.en';
import { connecting } from './connecting.en';
import { main } from './main.en';
import { phones } from './phones.en';
import { pluralFor } from './plural';

const plural = pluralFor('en');

export const en = {
  locale: 'en',

  ...card,

  search: {
    title: 'Find a person',
    placeholder: 'Name, company, number or e-mail',
    filter: 'Show only',
    results: 'Results',
    recent: 'Last callers',
    suggested: 'For this call',
    near: 'Spelt nearly so',
    live: (name: string) => `${name}, live`,
    asking: 'Asking the connections…',
    none: (text: string) => (text ? `Nobody is called “${text}”.` : 'Nobody found.'),
    liveNone: 'The connections know nobody else.',
    instead: 'Did you mean',
    insteadOne: (text: string, n: number) => plural(n, { one: `${text}, ${n} person`, other: `${text}, ${n} people` }),
    askLive: 'Search the CRMs live now',
    createSo: (text: string) => (text ? `Create “${text}”` : 'Create somebody'),
    company: (name: string) => `Company ${name}`,
    empty: 'Type a name, a company, a number or an e-mail.',
    assign: 'log this call here',
    choose: 'choose for this call',
    move: 'move the log here',
    open: 'open in CRM',
    copy: 'copy number',
    copied: (number: string) => `Copied ${number}`,
    dial: 'call',
    noNumber: (name: string) => `${name} has no number.`,
    noDial: 'Copy the number with Ctrl+C and call from your phone.',
    create: (text: string) => (text ? `create “${text}”` : 'create'),
    addNumber: (number: string) => `Add ${number} to them`,
    callWith: (who: string) => `Call with ${who}`,
    handOn: (program: string) => `Call with ${program}`,
    noCall: 'No open call',
    count: (n: number) => plural(n, { one: `${n} person found`, other: `${n} people found` }),
    noPage: (name: string) => `${name} has no page to open.`,
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
    inMemory: 'Kept in memory only',
    unlock: 'Unlock',
    details: 'Details',
    lost: 'Ringside is not answering. Trying again…',
  },

  age: {
    now: 'just now',
    seconds: (s: string) => `${s} s ago`,
    minutes: (m: string) => `${m} min ago`,
  },
};

export type Text = typeof en;
