import { afterEach, describe, expect, it } from 'vitest';
import { readAddress } from '../src/state/address';
import { pick, speak } from '../src/text';
import { de } from '../src/text/de';
import { en } from '../src/text/en';
import { compare, pretty } from '../src/text/diff';
import { age, country, day, duration, sentences, took } from '../src/text/format';
import { highlight, highlightDigits } from '../src/text/highlight';
import { plain } from '../src/text/name';
import { placeName } from '../src/text/place';

afterEach(() => speak(en));

describe('languages', () => {
  it('picks the first of the system’s that we have', () => {
    expect(pick(['fr-CH', 'de-AT', 'en'])).toBe(de);
    expect(pick(['fr', 'ja'])).toBe(en);
    expect(pick([])).toBe(en);
  });

  it('has no text left in English or empty in German', () => {
    const same: string[] = [];
    const walk = (a: Record<string, unknown>, b: Record<string, unknown>, path: string) => {
      expect(Object.keys(b).sort(), path).toEqual(Object.keys(a).sort());
      for (const key of Object.keys(a)) {
        const [left, right] = [a[key], b[key]];
        if (typeof left === 'object') walk(left as Record<string, unknown>, right as Record<string, unknown>, `${path}.${key}`);
        else if (typeof left === 'string' && left === right && left !== '') same.push(`${path}.${key}`);
      }
    };
    walk(en, de, '');
    // Words that are the same in both.
    expect(same.sort()).toEqual([
      '.about.version',
      '.banner.details',
      '.calls.details',
      '.calls.vip',
      '.connections.name',
      '.contacts.import.field.fax',
      '.contacts.import.field.name',
      '.contacts.import.person',
      '.create.name',
      '.numbers.vip',
      '.numbers.who',
      '.phones.check.marks.name',
      '.phones.intake.port',
      '.phones.name',
      '.quiet.half',
      '.quiet.pause',
      '.rules.desktop',
      '.state.vip',
    ]);
  });

  it('counts by the rules of the language', () => {
    expect([en.caller.many(1), en.caller.many(3), de.caller.many(1), de.caller.many(3)]).toEqual(['1 possible caller', '3 possible callers', '1 möglicher Anrufer', '3 mögliche Anrufer']);
  });
});

describe('times', () => {
  const now = new Date(2026, 10, 20, 12).getTime();
  it('says how long and how old', () => {
    expect([duration(4000), duration(761_000), duration(3_723_000), duration(-5)]).toEqual(['0:04', '12:41', '1:02:03', '0:00']);
    expect([age(now, now), age(now - 300, now), age(now - 240_000, now), age(now - 7_200_000, now)]).toEqual(['just now', '0.3 s ago', '4 min ago', '2 hours ago']);
    expect([took(400), took(184_000), took(2_100_000)]).toEqual(['0.4 ms', '184 ms', '2.1 s']);
    speak(de);
    expect([age(now - 300, now), took(400)]).toEqual(['vor 0,3 s', '0,4 ms']);
  });

  it('says which day', () => {
    const DAY = 86_400_000;
    expect([day(now, now), day(now - DAY, now), day(now - 3 * DAY, now), day(now - 30 * DAY, now)]).toEqual(['today', 'yesterday', 'Tuesday', 'Oct 21']);
    expect(country('DE')).toBe('Germany');
    expect(country('not a region')).toBe('not a region');
  });
});

describe('why it matched', () => {
  const hits = (text: string, query: string) => highlight(text, query).filter((piece) => piece.hit).map((piece) => piece.text);
  it.each([
    ['Anna Meier', 'anna me', ['Anna', 'Me']],
    ['Joanna Meyer', 'anna', ['anna']],
    ['José Müller-Groß', 'JOSE muller gross', ['José', 'Müller', 'Groß']],
    ['Straße', 'strass', ['Straß']],
    ['Anna', 'zzz', []],
    ['', 'a', []],
    ['Anna', '', []],
  ])('%s for %s', (text, query, expected) => expect(hits(text, query)).toEqual(expected));

  it('never loses or changes a sign of the text', () => {
    for (const text of ['İstanbul', 'e\u0301cole', '👩‍👩‍👧 Müller', 'ﬁx', 'ΑΘΗΝΑ', '\uD800 lone']) {
      for (const query of ['i', 'ecole', 'mull', 'fi', 'αθ', '👩']) expect(highlight(text, query).map((piece) => piece.text).join('')).toBe(text);
    }
  });

  it('finds digits whatever stands between them', () => {
    const marked = (text: string, query: string) => highlightDigits(text, query).find((piece) => piece.hit)?.text;
    expect(marked('(415) 555-0177', '5550177')).toBe('555-0177');
    expect(marked('(415) 555-0177', '415 555')).toBe('415) 555');
    expect(marked('(415) 555-0177', '999')).toBeUndefined();
  });
});

describe('names of strangers', () => {
  it.each([
    ['\u202Egnorw\u202C', 'gnorw'],
    ['\u200B\u200D', ''],
    ['  Anna\r\n Meier ', 'Anna Meier'],
    ['👍', '👍'],
    ['', ''],
  ])('%j', (text, shown) => expect(plain(text).replace(/\s+/g, ' ')).toBe(shown));
});

describe('sentences', () => {
  it.each([
    ['there is a phone with this name already', 'There is a phone with this name already.'],
    ['a password is missing', 'A password is missing.'],
    ['pbx.example.com does not answer', 'pbx.example.com does not answer.'],
    ['über TCP', 'Über TCP.'],
    ['ext4: no room', 'ext4: no room.'],
  ])('%j begins as a sentence does', (text, sentence) => expect(sentences(text)).toBe(sentence));

  it('end once, whatever the parts end with', () => {
    expect(sentences('HubSpot does not answer', 'Try again!', null, '', 'Later…')).toBe('HubSpot does not answer. Try again! Later…');
  });
});

describe('the name of a place', () => {
  afterEach(() => speak(en));
  it('is translated for the address book as delivered, and for nobody else', () => {
    speak(de);
    expect([placeName('address-book', 'Address book'), placeName('address-book', 'Mine'), placeName('hubspot', 'Address book'), placeName(null, null)]).toEqual(['Adressbuch', 'Mine', 'Address book', '']);
  });
});

describe('two texts side by side', () => {
  const shown = (before: string, after: string) => compare(before, after).map((line) => (line.kind === 'fold' ? `… ${line.count}` : line.kind === 'equal' ? ` ${line.before}` : `-${line.before ?? ''}+${line.after ?? ''}`));
  it.each([
    ['a\nb\nc', 'a\nB\nc', [' a', '-b+B', ' c']],
    ['a\nc', 'a\nb\nc', [' a', '-+b', ' c']],
    ['a\nb\nc', 'a\nc', [' a', '-b+', ' c']],
    ['x,\ny', 'x,\ny,\nz', [' x,', ' y', '-+z']],
    ['1\n2\n3\n4\nold\n5\n6\n7', '1\n2\n3\n4\nnew\n5\n6\n7', ['… 2', ' 3', ' 4', '-old+new', ' 5', ' 6', '… 1']],
    ['same', 'same', ['… 1']],
  ])('%j and %j', (before, after, lines) => expect(shown(before, after)).toEqual(lines));

  it('loses no line of either, however different they are', () => {
    const line = (seed: number) => String((seed * 7919) % 13);
    for (let round = 0; round < 50; round++) {
      const before = Array.from({ length: round }, (_, at) => line(at + round)).join('\n');
      const after = Array.from({ length: 50 - round }, (_, at) => line(at * round)).join('\n');
      let [old, now] = [0, 0];
      for (const row of compare(before, after)) {
        old += row.kind === 'fold' ? row.count : row.before === null ? 0 : 1;
        now += row.kind === 'fold' ? row.count : row.after === null ? 0 : 1;
      }
      expect([old, now]).toEqual([before.split('\n').length, after.split('\n').length]);
    }
  });

  it('shows JSON one key a line, and what is no JSON as it is', () => {
    expect(pretty('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(pretty('{oops')).toBe('{oops');
  });
});

describe('the address of a server', () => {
  it.each([
    ['acme.pipedrive.com', 'https://acme.pipedrive.com'],
    ['  HTTPS://Acme.Pipedrive.com/ ', 'https://acme.pipedrive.com'],
    ['https://acme.pipedrive.com/deals?x=1#y', 'https://acme.pipedrive.com/deals'],
    ['crm.example.com:8443/crm/', 'https://crm.example.com:8443/crm'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://[::1]:8080/', 'http://[::1]:8080'],
    ['bücher.example', 'https://xn--bcher-kva.example'],
  ])('%s', (typed, address) => expect(readAddress(typed)).toEqual({ address }));
  it.each([
    ['', 'unreadable'],
    ['a b', 'unreadable'],
    ['http://crm.example.com', 'plainHttp'],
    ['http://10.0.0.7', 'plainHttp'],
    ['ftp://crm.example.com', 'scheme'],
    ['javascript://x', 'scheme'],
    ['https://me:secret@crm.example.com', 'credentials'],
  ])('%s is refused', (typed, problem) => expect(readAddress(typed)).toEqual({ problem }));
});
