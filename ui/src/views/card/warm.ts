// The first card of a day is drawn by code that never ran: compiling it, the country names and the date formats cost more
// than all the rest of a call's way. So a card is drawn once beforehand, unseen, and taken away again.

import { flushSync, mount, unmount } from 'svelte';
import type { CallDto, ContactDto } from '../../backend/generated';
import { Deck } from '../../state/deck.svelte';
import type { House } from '../../state/house.svelte';
import Card from './Card.svelte';

/** A few times, because the engine translates code that runs more than once. */
const ROUNDS = 3;

/**
 * Draws and removes cards of the kinds that come most often. Each is gone before anybody could see or reach it, and
 * between two of them a call may come: then `called` says so, and the real card does the rest.
 */
export async function warm(house: House, called: () => boolean): Promise<void> {
  const deck = new Deck(house);
  for (let round = 0; round < ROUNDS; round++) {
    for (const matches of [0, 1, 2]) {
      if (called()) return deck.stop();
      draw(sample(`warm-${round}-${matches}`, matches), deck);
      await turn();
    }
  }
  deck.stop();
}

function draw(call: CallDto, deck: Deck): void {
  const target = document.createElement('div');
  target.className = 'unseen';
  target.inert = true;
  document.body.append(target);
  const card = mount(Card, { target, props: { call, deck } });
  flushSync();
  target.getBoundingClientRect();
  void unmount(card);
  target.remove();
}

/** Lets events in. A timer would do the same, but those of a hidden page go off once a second. */
function turn(): Promise<void> {
  return new Promise((next) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      next();
    };
    port2.postMessage(null);
  });
}

function sample(id: string, matches: number): CallDto {
  return {
    id,
    direction: 'in',
    state: 'ringing',
    is_over: false,
    card: true,
    line: '201',
    queue: null,
    diverted_by: [],
    caller: { kind: 'number', text: '020 7946 0000', e164: '+442079460000', region: 'GB', line_type: 'fixed_line', display: null },
    started: Date.now(),
    zone: 'UTC',
    answered: null,
    ended: null,
    talked: null,
    unverified: true,
    rehearsal: true,
    lookup: {
      running: false,
      matches: Array.from({ length: matches }, (_, at) => ({
        contact: person(`warm-${at}`),
        grade: 'exact' as const,
        number: 0,
        as_of: Date.now() - 1000,
        live: false,
        gone: false,
        also: [],
      })),
      asked: [{ connection: 'warm', name: 'Address book', state: matches > 0 ? 'found' : 'not_found', message: null }],
      forms: 6,
      checked: Date.now(),
    },
    choice: null,
    note: '',
    outcome: null,
    fields: [],
    twins: [],
    log: {
      state: 'not_logged',
      write: null,
      connection: null,
      connection_name: null,
      contact: null,
      contact_name: null,
      message: null,
      hint: null,
      code: null,
      field: null,
      said: null,
      next_try: null,
      url: null,
      moves: true,
      changed: false,
    },
    never_log: null,
    vip: false,
    creation: null,
    undo: null,
    provider_call_id: null,
  };
}

function person(id: string): ContactDto {
  return {
    ref: { connection: 'warm', contact_type: 'person', id },
    name: 'Sample Person',
    company: 'Sample Company',
    title: 'Sample',
    emails: [],
    numbers: [{ label: 'office', text: '020 7946 0000', raw: '+442079460000' }],
    type_label: 'Person',
    is_company: false,
    connection_name: 'Address book',
    url: null,
    created: null,
    last_call: Date.now(),
  };
}
