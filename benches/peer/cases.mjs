// What is asked, of whom, and where it is found. Both sides get the same cases.

import { written } from '../../tests/real/app-connect/connectors.mjs';

/** Four formats, as many as the peer's settings would never take: three are its most. */
export const FORMATS = ['(###) ###-####', '###-###-####', '###.###.####', '1##########'];

/** Callers. Nobody calls twice, so that nobody answers from a cache. */
const CALLERS = 90;

/** National digits, out of the numbers that are reserved for fiction. */
const digits = (areas, at) => `${areas[at % areas.length]}555${String(100 + Math.floor(at / areas.length)).padStart(4, '0')}`;
const calling = (at) => digits(['415', '510', '650'], at);
const elsewhere = (at) => digits(['212', '718', '917'], at);
const nowhere = (at) => digits(['305', '404', '602'], at);

export const caller = (at) => `+1${calling(at)}`;

/** Calls while both sides warm up: somebody who is lead and candidate, so that the forms of these types are learned too. */
export const other = (at) => `+1${elsewhere(at)}`;

/** Callers who are in no case's CRM. */
export const stranger = (at) => `+1${nowhere(at)}`;

/** Their name in every CRM. */
export const nameOf = (at, type = 'contact') => `Person${at} ${type}`;

/** People whose number is written in these formats: the first as phone, the second, if any, as mobile. */
const people = (type, number, formats) =>
  Array.from({ length: CALLERS }, (_, at) => {
    const [given, family] = nameOf(at, type).split(' ');
    const [phone, mobile] = typeof formats === 'function' ? formats(at) : formats;
    return { type, given, family, phone: written(phone, number(at)), mobile: mobile ? written(mobile, number(at)) : '' };
  });

const callers = (...formats) => people('contact', calling, formats);
const others = (type, format) => people(type, elsewhere, [format]);

/**
 * `name`; the contact `types` that are asked; the `people` in the CRM; and `style`, whose way the peer's connector goes: Clio's asks
 * for the number as it came and then for each format, and gives everybody once; Insightly's asks every type for each format.
 * `requestsAType` where the goal for their number is another one than in most cases.
 */
export const CASES = [
  { name: '4 formats', style: 'clio', types: ['contact'], people: callers(FORMATS[0]) },
  {
    name: '3 types × 4 formats',
    style: 'insightly',
    types: ['contact', 'lead', 'candidate'],
    // One number in both fields, in two formats, as people who work from home have it.
    people: [...callers(FORMATS[1], FORMATS[2]), ...others('lead', FORMATS[0]), ...others('candidate', FORMATS[1])],
  },
  { name: 'found at the last format', style: 'clio', types: ['contact'], people: callers(FORMATS[3]) },
  // As where many people typed for years: no format is likelier than the others, and a caller in none of the first that are
  // asked takes a second round trip with all the rest.
  {
    name: 'each caller in another format',
    style: 'clio',
    types: ['contact'],
    people: people('contact', calling, (at) => [FORMATS[at % FORMATS.length]]),
    requestsAType: Infinity,
  },
];
