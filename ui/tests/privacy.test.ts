// The Privacy page: what is kept, for how long, of whom; and the Contacts page: files in and out.

import { describe, expect, it } from 'vitest';
import { Fake } from '../src/backend/fake/fake';
import type { Text } from '../src/text';
import { accessible, asked, get, LANGUAGES, maybe, press, settle, start, told } from './help';

const page = (name: string, fake = new Fake(), text?: Text) => start('main', { fake, page: name, text });

async function type(id: string, value: string) {
  const field = get(id) as HTMLInputElement;
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
  await settle();
}
async function file(name: string, text: string) {
  const field = get('import-file') as HTMLInputElement;
  const given = new File([text], name);
  Object.defineProperty(field, 'files', { configurable: true, value: [given] });
  field.dispatchEvent(new Event('change', { bubbles: true }));
  // Reading a file is no promise of ours.
  await new Promise((read) => setTimeout(read, 20));
  await settle();
}
const CSV = 'Name,Phone,Notes\nMaria Muster,+49 30 23125 011,x\n<b>Rolf</b>,030 23125 012,y\n';

describe.each(LANGUAGES)('privacy and contacts in %s', (_, text) => {
  it('the person kept, and the question before erasing, are accessible', async () => {
    await page('privacy', new Fake(), text);
    await type('person-text', 'meier');
    await press('person-find');
    await accessible();
    await press('person-candidate-0');
    await press('person-save');
    await press('person-erase');
    await accessible();
    await press('diagnostics-show');
    await accessible();
  });

  it('a file’s preview, its progress and its end are accessible', async () => {
    const { fake } = await page('contacts', new Fake(), text);
    await accessible();
    await file('people.csv', CSV);
    await accessible();
    await press('import-start');
    await accessible();
    fake.emit({ kind: 'import', import: { import: 'people.csv', name: 'people.csv', done: 2, total: 2, state: { kind: 'done' } } });
    await settle();
    await accessible();
    await press('export-contacts_csv');
    await accessible();
  });
});

describe('what is kept of one person', () => {
  it('is shown, saved with its place, and erased only after a second thought', async () => {
    const { fake } = await page('privacy');
    await type('person-text', 'anna meier');
    await press('person-find');
    await press('person-candidate-0');
    expect(get('person-kept').textContent).toContain('1 record');
    await press('person-save');
    await press('saved-show');
    expect(told(fake, 'show_file')).toHaveLength(1);
    await press('person-erase');
    expect(document.activeElement).toBe(get('person-keep'));
    expect(asked(fake, 'erase_person')).toHaveLength(0);
    await press('person-erase-yes');
    expect(get('person-erased').textContent).toContain('Erased: 1 record');
    expect(asked(fake, 'erase_person')[0]).toMatchObject({ number: null });
  });

  it('can be asked for a number alone', async () => {
    const { fake } = await page('privacy');
    await type('person-text', '+1 415 555 0100');
    await press('person-find');
    await press('person-number');
    expect(asked(fake, 'person')[0]).toMatchObject({ contact: null });
  });

  it('says when nobody is known, and why something failed', async () => {
    const fake = new Fake();
    await page('privacy', fake);
    await type('person-text', 'nobody at all');
    await press('person-find');
    expect(get('person').textContent).toContain('Nobody with this name');
    fake.fail('search', { code: 'storage', message: 'The index can’t be read', hint: null, field: null });
    await press('person-find');
    expect(get('person').textContent).toContain('The index can’t be read');
  });
});

describe('the rest of the page', () => {
  it('says what lies where, and how long calls are kept', async () => {
    const { fake } = await page('privacy');
    expect(get('kept-database').textContent).toMatch(/4\.2\sMB/);
    await type('keep-calls', '90');
    expect(asked(fake, 'save_settings').at(-1)).toMatchObject({ keep_calls_days: 90 });
    await type('keep-calls', 'never');
    expect(asked(fake, 'save_settings').at(-1)).toMatchObject({ keep_calls_days: null });
  });

  it('keeps a number of days that was written by hand in sight', async () => {
    const fake = new Fake();
    fake.settings = { ...fake.settings, keep_calls_days: 45 };
    await page('privacy', fake);
    expect((get('keep-calls') as HTMLSelectElement).selectedOptions[0]?.textContent).toBe('after 45 days');
  });

  it('shows the diagnostics before they can be copied', async () => {
    await page('privacy');
    expect(maybe('diagnostics')).toBeNull();
    await press('diagnostics-show');
    expect(get('diagnostics').textContent).toContain('Ringside 0.0.0');
  });
});

describe('contacts from a file', () => {
  it('are seen before they are taken in, and names are text', async () => {
    const { fake } = await page('contacts');
    await file('people.csv', CSV);
    expect(document.querySelectorAll('[data-testid=import-row]')).toHaveLength(2);
    expect(document.body.textContent).toContain('<b>Rolf</b>');
    expect(asked(fake, 'start_import')).toHaveLength(0);
    await type('import-column-2', 'company');
    expect(asked(fake, 'map_import')[0]).toEqual({ import: 'people.csv', fields: ['name', 'number', 'company'] });
    await press('import-start');
    expect(asked(fake, 'start_import')).toEqual([{ import: 'people.csv', known_too: false }]);
    expect(get('import-progress').dataset.state).toBe('running');
  });

  it('can be cancelled on the way, and taken back at the end', async () => {
    const { fake } = await page('contacts');
    await file('people.csv', CSV);
    await press('import-start');
    fake.emit({ kind: 'import', import: { import: 'people.csv', name: 'people.csv', done: 2, total: 2, state: { kind: 'done' } } });
    await settle();
    expect(get('import-progress').textContent).toContain('2 people are in the address book now');
    await press('import-back');
    expect(asked(fake, 'take_back_import')).toEqual([{ import: 'people.csv' }]);
    expect(get('import-progress').dataset.state).toBe('cancelled');
    expect(get('import-progress').textContent).toContain('the address book is as it was');
  });

  it.each(LANGUAGES)('say in %s that somebody stays who was called meanwhile', async (_, text) => {
    const fake = new Fake();
    await start('main', { fake, text, page: 'contacts' });
    await file('people.csv', CSV);
    await press('import-start');
    for (const done of [1, 2]) {
      fake.emit({ kind: 'import', import: { import: 'people.csv', name: 'people.csv', done, total: 2, state: { kind: 'cancelled' } } });
      await settle();
      expect(get('import-progress').textContent).toContain(text.contacts.import.cancelledBut(done));
      expect(get('import-progress').textContent).not.toContain(text.contacts.import.cancelled);
    }
  });

  it('of a file that is no such file are refused with words, and another can be chosen', async () => {
    const fake = new Fake();
    fake.fail('preview_import', { code: 'invalid', message: 'This is no list of contacts', hint: 'Save it as CSV', field: null });
    await page('contacts', fake);
    await file('holiday.jpg', 'x');
    expect(get('import').textContent).toContain('This is no list of contacts');
    fake.fail('preview_import', null);
    await file('people.csv', CSV);
    expect(document.querySelectorAll('[data-testid=import-row]')).toHaveLength(2);
  });

  it('survive a look at another page', async () => {
    await page('contacts');
    await file('people.csv', CSV);
    await press('nav-rules');
    await press('nav-contacts');
    expect(document.querySelectorAll('[data-testid=import-row]')).toHaveLength(2);
  });

  it('go into a file, and it says where', async () => {
    await page('contacts');
    await press('export-calls_csv');
    expect(get('saved-file').dataset.path).toContain('ringside-calls_csv');
  });
});
