// The words of the first steps, in English.

import { pluralFor } from './plural';

const plural = pluralFor('en');

export const first = {
  label: 'Set up Ringside',
  step: (at: number, of: number) => `Step ${at} of ${of}`,
  steps: { rehearsal: 'Try it', phone: 'Your phone', contacts: 'Your contacts', numbers: 'Your numbers', done: 'Ready' },
  next: 'Continue',
  back: 'Back',
  skip: 'Skip',
  skipAll: 'Set up later',
  finish: 'Start',
  rehearsal: {
    title: 'Who is calling?',
    body: 'When your phone rings, Ringside shows who it is: out of all your CRMs at once, and before you have said hello. See it now, with a caller we made up.',
    ring: 'Ring a rehearsal call',
    again: 'Ring again',
    ringing: 'It rings…',
    came: 'That was it. The card came by itself, and took neither your mouse nor your keyboard.',
    where: 'Look at the corner of your screen.',
    quiet: 'No card came. Calls pop no card by your rules, or Ringside is paused; the call is in the list all the same.',
  },
  phone: {
    body: 'Ringside listens to the phone you have. Choose it, and call yourself: five marks show what arrives.',
    none: 'Without a phone Ringside hears of no calls. You can add one later, under Phones.',
    heard: (name: string) => `${name} tells of calls.`,
  },
  contacts: {
    body: 'Where are the people who call you? Connect a CRM, or import contacts from a file. Keys and passwords go to your system’s secret store, and nowhere else.',
    crm: 'Connect a CRM',
    file: 'Import a file',
    book: (n: string, count: number) => plural(count, { one: `${n} person is known already.`, other: `${n} people are known already.` }),
  },
  numbers: {
    body: 'A number without a country code is read as a number of your country. Your own numbers are never looked up, and never logged.',
  },
  done: {
    title: 'Ready for the next call',
    body: 'Ringside stays in the tray when you close this window.',
    open: 'Still open',
    nothing: 'Nothing is left to do.',
    search: (keys: string) => `${keys} finds a person from anywhere.`,
    card: (keys: string) => `${keys} gives the card the keyboard.`,
    noKeys: 'The search by name is in the tray.',
    noPhone: 'No phone yet',
    noContacts: 'No contacts yet',
    noHome: 'No home country yet',
    go: 'Do it now',
    rules: 'What happens when a call ends, and when a card shows, is under Rules. What is kept, and for how long, is under Privacy.',
  },
};
