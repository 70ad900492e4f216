// What lies on this computer, of everybody and of one person.

import type { Args, CommandName, OwnerEvent, Reply } from '../backend';
import type { CallDto, ContactDto, PersonArgs } from '../generated';

interface Owner {
  contacts: ContactDto[];
  calls: CallDto[];
  emit: (event: OwnerEvent) => void;
}

type Names = Extract<CommandName, 'unreadable' | 'person' | 'export_person' | 'erase_person' | 'export' | 'kept' | 'diagnostics'>;
type Handlers = { [K in Names]: (args: Args<K>) => Reply<K> | Promise<Reply<K>> };

export function personHandlers(owner: Owner): Handlers {
  const of = ({ contact }: PersonArgs) => {
    const mine = (ref: ContactDto['ref'] | undefined) => Boolean(ref && contact && ref.id === contact.id && ref.connection === contact.connection);
    return { contacts: owner.contacts.filter((one) => mine(one.ref)), calls: owner.calls.filter((one) => mine(one.choice?.contact.ref)) };
  };
  return {
    unreadable: () => ({
      rows: owner.contacts.flatMap((contact) => contact.numbers.filter((one) => !/\d{5}/.test(one.raw.replace(/\D/g, ''))).map((one) => ({ contact, label: one.label, raw: one.raw }))),
      more: false,
    }),
    person: (args) => ({ ...of(args), call_count: of(args).calls.length, creations: [], remembered: 0, owed: 0 }),
    export_person: (args) => ({ path: '/home/demo/Downloads/ringside-person.json', count: of(args).calls.length + of(args).contacts.length }),
    erase_person: (args) => {
      const { contacts, calls } = of(args);
      owner.contacts = owner.contacts.filter((one) => !contacts.includes(one));
      owner.calls = owner.calls.filter((one) => !calls.includes(one));
      return { contacts: contacts.length, calls: calls.length, creations: 0, remembered: 0 };
    },
    export: ({ what }) => ({ path: `/home/demo/Downloads/ringside-${what}.txt`, count: what === 'calls_csv' ? owner.calls.length : owner.contacts.length }),
    kept: () => [
      { what: 'database', place: '/home/demo/.local/share/ringside/ringside.db', size: 4_200_000, encrypted: true },
      { what: 'settings', place: '/home/demo/.config/ringside/config.toml', size: 2_100, encrypted: false },
      { what: 'log', place: '/home/demo/.local/state/ringside', size: 80_000, encrypted: false },
      { what: 'secrets', place: 'the system’s secret store', size: null, encrypted: true },
    ],
    diagnostics: () => ({ text: 'Ringside 0.0.0\nsystem: demo\nphones: 1 sip, ready\n' }),
  };
}
