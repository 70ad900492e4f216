// What the owner says in English, in a German window: found by its sentence, gaps and all, and nothing else is touched.

import { describe, expect, it } from 'vitest';

import type { Backend, OwnerEvent } from '../src/backend/backend';
import { inWords, saying } from '../src/backend/said';
import { sayer } from '../src/text/said';
import { german } from '../src/text/said/de';

const say = sayer(german);

describe('a sentence of the owner', () => {
  it('is said in German', () => {
    expect(say('the disk is full')).toBe('Der Datenträger ist voll');
    expect(say('Free some space; nothing that was saved before is lost')).toBe('Schaffen Sie Platz; nichts, was vorher gespeichert war, ist verloren');
  });

  it('keeps what came into its gaps', () => {
    expect(say('Clio did not answer in time')).toBe('Clio hat nicht rechtzeitig geantwortet');
    expect(say('crm.example.com did not answer within 5.0 seconds')).toBe('crm.example.com hat nicht innerhalb von 5.0 Sekunden geantwortet');
    expect(say('Odoo refused what was sent (it answered 422)')).toBe('Odoo hat abgewiesen, was gesendet wurde (Antwort 422)');
    expect(say('pbx.example.com cannot be reached over TLS: nothing listens there')).toBe('pbx.example.com ist über TLS nicht zu erreichen: Dort hört nichts zu');
  });

  it('says a sentence in a gap, too', () => {
    expect(say('the call may be logged in Clio already, and looking for it failed: crm.example.com was not found')).toBe(
      'Der Anruf ist vielleicht schon in Clio protokolliert, und die Suche danach schlug fehl: crm.example.com wurde nicht gefunden',
    );
  });

  it('is found among several, and behind a name', () => {
    expect(say('Ctrl+K, for the search, is taken by another program; Ctrl+J, for the card, is taken by another program')).toBe(
      'Ctrl+K, für die Suche, ist von einem anderen Programm belegt; Ctrl+J, für die Karte, ist von einem anderen Programm belegt',
    );
    expect(say('Clio did not answer in time. Try again')).toBe('Clio hat nicht rechtzeitig geantwortet. Versuchen Sie es noch einmal');
    expect(say('Contacts: no answer within 5 s')).toBe('Contacts: keine Antwort innerhalb von 5 s');
    expect(say('config.toml: line 3, column 4: expected the whole path of a file')).toBe('config.toml: Zeile 3, Spalte 4: Erwartet ist der ganze Pfad einer Datei');
  });

  it('passes through where it is nobody’s', () => {
    for (const text of ['', 'Field “status” is wrong in 3 places', 'Der Datenträger ist voll', 'toString', '__proto__', 'constructor', '{1}', 'did not answer in time']) {
      expect(say(text)).toBe(text);
    }
  });

  it.each(['$&', "$'", '$1', '{name}', '{2}', '\\1', '<b>x</b>', '\u202Eevil', 'a\nb', ' did not answer in time', 'Clio: {1!}'])(
    'takes %j in a gap as it is',
    (hostile) => expect(say(`${hostile} did not answer in time`)).toBe(`${hostile} hat nicht rechtzeitig geantwortet`),
  );

  it('finds the end of a gap whose text looks like the sentence', () => {
    const turns = sayer({ 'from {a} to {b} at last': '{b} nach {a}' });
    expect(turns('from x to y to z at last')).toBe('y to z nach x');
    expect(turns('from  to  at last')).toBe(' nach ');
    expect(turns('from x at last')).toBe('from x at last');
    expect(turns('from x to at last')).toBe('from x to at last');
  });

  it('takes no longer where a text is made to be slow', () => {
    const bad = [
      'a'.repeat(100_000),
      ' did not answer'.repeat(260),
      ': '.repeat(1_900),
      '. '.repeat(1_900),
      'line '.repeat(700),
      `${'the call may be logged in x already, and looking for it failed: '.repeat(60)}x`,
    ];
    const begun = performance.now();
    for (const text of bad) say(text);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe('the table', () => {
  it('finds every sentence by itself, with anything in its gaps', () => {
    for (const [english, said] of Object.entries(german)) {
      const fill = (text: string) => text.replace(/\{(\w+)!?\}/g, (_, name: string) => `⟨${name}⟩`);
      expect(say(fill(english)), english).toBe(fill(said));
    }
  });

  it('says a sentence in one file only', async () => {
    const files = import.meta.glob<Record<string, Record<string, string>>>('../src/text/said/*.de.ts', { eager: true });
    const all = Object.values(files).flatMap((file) => Object.values(file).flatMap((one) => Object.keys(one)));
    expect(all.filter((key, at) => all.indexOf(key) !== at)).toEqual([]);
    expect(all).toHaveLength(Object.keys(german).length);
  });

  it('is loaded by no English window', async () => {
    const sources = import.meta.glob<string>('../src/**/*.{ts,svelte}', { eager: true, query: '?raw', import: 'default' });
    const takes = Object.entries(sources).filter(([path, text]) => !path.includes('/text/said/') && /^import(?! type).*said\/de'/m.test(text));
    expect(takes.map(([path]) => path)).toEqual([]);
    expect(sources['../src/main.ts']).toContain("import('./text/said/de')");
  });
});

describe('the owner', () => {
  it('tells and answers in German, whatever it is', async () => {
    let tell: (event: OwnerEvent) => void = () => {};
    const english = {
      call: async (name: string) => {
        if (name === 'present') return { notices: [{ code: 'x', message: 'the disk is full', hint: null }] };
        throw { code: 'timeout', message: 'Clio did not answer in time', hint: 'Try again', field: null };
      },
      listen: async (handler: (event: OwnerEvent) => void) => {
        tell = handler;
        return () => {};
      },
      openLog: async () => {
        throw 'this log has no page of its own';
      },
    } as unknown as Backend;
    const owner = saying(english, say);
    expect(await owner.call('present', { on: true })).toEqual({ notices: [{ code: 'x', message: 'Der Datenträger ist voll', hint: null }] });
    await expect(owner.call('pause', { until: null })).rejects.toEqual({ code: 'timeout', message: 'Clio hat nicht rechtzeitig geantwortet', hint: 'Versuchen Sie es noch einmal', field: null });
    await expect(owner.openLog('c')).rejects.toMatchObject({ message: 'Dieses Protokoll hat keine eigene Seite' });
    const heard: unknown[] = [];
    await owner.listen((event) => heard.push(event));
    tell({ kind: 'call', call: { log: { message: 'the disk is full' } } } as unknown as OwnerEvent);
    expect(heard).toEqual([{ kind: 'call', call: { log: { message: 'Der Datenträger ist voll' } } }]);
  });

  it('leaves alone what people and CRMs wrote', () => {
    const call = { id: 'c', kind: 'x', note: 'the disk is full', caller: { name: 'the disk is full' }, title: 'Sign in', texts: ['Sign in'] };
    expect(inWords(call, say)).toBe(call);
    const form = { title: 'Address of Clio', help: null };
    expect(inWords(form, say)).toEqual({ title: 'Adresse von Clio', help: null });
    const file = { title: 'Address of your Odoo', help: null };
    expect(inWords(file, say)).toEqual({ title: 'Adresse Ihres Odoo', help: null });
  });

  it('says what a connector of its own needs first, and what it can’t do', () => {
    const [need, limit] = [/^The address of your company's App Connect server/, /^A number can't be added to a contact/].map((begin) => Object.keys(german).find((one) => begin.test(one)) ?? '');
    const said = inWords({ needs: [need, 'A key of the file’s own'], limits: [limit] }, say);
    expect(said.needs).toEqual([expect.stringMatching(/^Die Adresse des App-Connect-Servers/), 'A key of the file’s own']);
    expect(said.limits).toEqual([expect.stringMatching(/^Über ihn lässt sich/)]);
  });
});
