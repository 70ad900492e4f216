import { describe, expect, it } from 'vitest';
import { readSignature, type Signature } from '../src/state/signature';

const lines = (...all: string[]) => all.join('\n');

// Invented people; numbers from ranges reserved for fiction.
const SIGNATURES: [string, string, Signature][] = [
  [
    'German, full',
    lines('Mit freundlichen Grüßen', '', 'Anna Meier', 'Leiterin Einkauf', '', 'ACME GmbH', 'Musterstraße 12', '10115 Berlin', '', 'Tel.: +49 30 23125 045', 'Fax: +49 30 23125 046', 'anna.meier@acme.example', 'www.acme.example', '', 'Sitz der Gesellschaft: Berlin, Amtsgericht Charlottenburg, HRB 12345', 'Geschäftsführer: Bernd Brot'),
    { name: 'Anna Meier', title: 'Leiterin Einkauf', company: 'ACME GmbH', phone: '+49 30 23125 045', email: 'anna.meier@acme.example' },
  ],
  [
    'English, full',
    lines('Kind regards,', 'Samir Nagheenanajar', 'Senior Software Engineer', 'Initech Inc.', '4120 Freidrich Lane, Austin, TX 78744', 'Office: (415) 555-0100', 'samir@initech.example'),
    { name: 'Samir Nagheenanajar', title: 'Senior Software Engineer', company: 'Initech Inc.', phone: '(415) 555-0100', email: 'samir@initech.example' },
  ],
  [
    'everything in one line with bars',
    lines('Bill Lumbergh | Vice President | Initech LLC', 'M: 415-555-0101 | bill@initech.example'),
    { name: 'Bill Lumbergh', title: 'Vice President', company: 'Initech LLC', phone: '415-555-0101', email: 'bill@initech.example' },
  ],
  [
    'role behind the name, company without a mark',
    lines('Joanna Meyer, Head of Sales', 'Globex', '+44 20 7946 0123', 'joanna@globex.example'),
    { name: 'Joanna Meyer', title: 'Head of Sales', company: 'Globex', phone: '+44 20 7946 0123', email: 'joanna@globex.example' },
  ],
  [
    'role at company, British address',
    lines('Best,', 'Peter Gibbons', 'Account Manager at Globex Ltd', '10 High Street, London W1A 1AA', 'T: +44 20 7946 0018', 'F: +44 20 7946 0019', 'Registered in England, company number 1234567'),
    { name: 'Peter Gibbons', title: 'Account Manager', company: 'Globex Ltd', phone: '+44 20 7946 0018' },
  ],
  [
    'salutation, doctor, particles',
    lines('i. A.', 'Frau Dr. Sabine von der Heide', 'Projektleiterin', 'Groß & Söhne KG', 'Durchwahl: 030 23125 377', 'E-Mail: s.heide@gross.example'),
    { name: 'Dr. Sabine von der Heide', title: 'Projektleiterin', company: 'Groß & Söhne KG', phone: '030 23125 377', email: 's.heide@gross.example' },
  ],
  [
    'family name first, degree',
    lines('Müller-Groß, José', 'Rechtsanwalt', 'Kanzlei Groß', 'Telefon 030/23125-300'),
    { name: 'José Müller-Groß', title: 'Rechtsanwalt', company: 'Kanzlei Groß', phone: '030/23125-300' },
  ],
  [
    'a fax only is no phone, Windows line ends',
    'Erika Beispiel, B.A.\r\nSachbearbeiterin\r\nBeispiel AG\r\nFax +49 30 23125 999\r\n<erika@beispiel.example>',
    { name: 'Erika Beispiel', title: 'Sachbearbeiterin', company: 'Beispiel AG', email: 'erika@beispiel.example' },
  ],
  [
    'dots between, upper case, dash before the role',
    lines('--', 'MILTON WADDAMS – Collator Specialist', 'Initech Corp · San Francisco · (415) 555-0177', 'milton.waddams@initech.example · https://initech.example'),
    { name: 'MILTON WADDAMS', title: 'Collator Specialist', company: 'Initech Corp', phone: '(415) 555-0177', email: 'milton.waddams@initech.example' },
  ],
  ['name and address only', lines('Anna Meier', 'anna@acme.example'), { name: 'Anna Meier', email: 'anna@acme.example' }],
];

describe('a pasted signature', () => {
  it.each(SIGNATURES)('%s', (_, text, wanted) => expect(readSignature(text)).toEqual(wanted));

  it.each([
    ['a name', 'Anna Meier'],
    ['two lines that say nothing', 'hello\nhow are you'],
    ['nothing', '\n\n\n'],
    ['a name over two lines', 'Anna\nMeier'],
  ])('%s is none', (_, text) => expect(readSignature(text)).toBeNull());

  it('takes no sign that turns text around, and is done with a hostile one at once', () => {
    expect(readSignature('Anna\u202E Meier\nACME GmbH\n\u0000')).toEqual({ name: 'Anna Meier', company: 'ACME GmbH' });
    const began = performance.now();
    for (const sign of ['a', ' ', '(', '0', '-', 'A ', 'a@', '+0 ', 'str. ', ', ']) readSignature(`${sign.repeat(50_000)}\n${sign.repeat(50_000)}`);
    readSignature('A a, '.repeat(20_000).split('').join('\n'));
    expect(performance.now() - began).toBeLessThan(1500);
  });
});
