// What a person owns: contacts from a file and back out of the address book, files of their own, one person erased, and a text
// for whoever helps.

import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { callId, withApp } from './app.mjs';
import { until } from './driver.mjs';
import { BOTH, handsOf } from './hands.mjs';

/** As Excel writes it in a country with commas in numbers; one line is broken, one person is there already. */
const CSV = [
  'Name;Company;Phone;E-mail',
  'Hypatia Alexandrina;Museion;+44 20 7946 0801;hypatia@museion.example',
  '"Müller, Jürgen";Rechenwerk;030 23125 801;',
  'Ada Lovelace;Analytical Engines Ltd;020 7946 0123;ada@engines.example',
].join('\r\n');

for (const [hand, colours] of BOTH) {
  test(`contacts from a file, and taken back; files of one's own; a person erased; diagnostics: ${hand}`, async () => {
    await withApp({ ...colours, hidden: false }, async (app, page) => {
      const hands = handsOf(hand, app, page);
      const file = join(app.home, 'people.csv');
      await writeFile(file, `\uFEFF${CSV}\r\n`);
      await page.view('main');
      await until('the main window', () => app.isShown('Ringside'));
      await hands.front('Ringside');
      await hands.press('nav-contacts');
      await page.find('import');
      const before = (await app.ringside('status')).contacts;
      await hands.file('import-file', file);
      await page.reads('import', /3 people in people\.csv/);
      assert.match(await page.text('import'), /1 is in the address book already/);
      assert.match(await page.text('import'), /Müller/);
      await hands.look('import-preview');
      await hands.press('import-start');
      await page.reads('import-progress', /2 people are in the address book now/);
      await hands.look('import-done');
      assert.equal((await app.ringside('status')).contacts, before + 2);
      assert.match(JSON.stringify(await app.ringside('lookup', '+442079460801')), /Hypatia Alexandrina/);
      await hands.press('import-back');
      await page.reads('import-progress', /Taken back: the address book is as it was/);
      await hands.look('import-taken-back');
      assert.equal((await app.ringside('status')).contacts, before);
      assert.doesNotMatch(JSON.stringify(await app.ringside('lookup', '+442079460801')), /Hypatia/);

      await hands.press('export-contacts_csv');
      await page.reads('saved-file', /\d+ entries saved as/);
      const path = await page.run('return document.querySelector("[data-testid=saved-file]").dataset.path');
      assert.equal((await stat(path)).mode & 0o777, 0o600, 'readable by its owner only');
      assert.match(await readFile(path, 'utf8'), /Ada Lovelace[^\n]*020 7946 0123/);
      await hands.look('export-saved');

      // A person asks to be forgotten.
      const id = callId();
      for (const state of ['ringing', 'answered', 'ended']) await app.ring({ from: '+442079460123', to: '201', call_id: id, state });
      await app.call('knows her', (call) => call.lookup.matches[0]?.contact.name === 'Ada Lovelace');
      await hands.front('Ringside');
      await hands.press('nav-privacy');
      await hands.write('person-text', 'Lovelace');
      await hands.press('person-find');
      await hands.press('person-candidate-0');
      await page.reads('person-kept', /1 record · 1 call/);
      await hands.look('person-kept');
      await hands.press('person-save');
      const saved = await page.find('saved-file').then(() => page.run('return document.querySelector("[data-testid=saved-file]").dataset.path'));
      assert.match(await readFile(saved, 'utf8'), /Ada Lovelace/);
      await hands.press('person-erase');
      await hands.look('person-sure');
      await hands.press('person-erase-yes');
      await page.reads('person-erased', /Erased: 1 record, 1 call/);
      await hands.look('person-erased');
      assert.doesNotMatch(JSON.stringify([await app.calls(), await app.ringside('search', 'Lovelace'), await app.ringside('lookup', '+442079460123')]), /Ada Lovelace/);

      await hands.press('diagnostics-show');
      const text = await page.text('diagnostics');
      assert.match(text, /Ringside/);
      assert.doesNotMatch(text, /Zuse|Hopper|23125|7946/, 'nobody is named in it');
      await hands.look('diagnostics');
    });
  });
}
