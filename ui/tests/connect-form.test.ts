// The pages of connecting as they follow each other, and what stands beside the form.

import { screen } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { fill, get, maybe, press, start, told } from './help';

async function form(connector: string) {
  const all = await start('main', { page: 'connections' });
  await press('connection-add');
  await press(`connector-${connector}`);
  return all;
}
const invalid = () => [...document.querySelectorAll<HTMLElement>('[aria-invalid=true]')].map((field) => field.dataset.testid);

describe('connecting', () => {
  it('begins each page at its top, wherever the one before was scrolled to, and then puts the caret in', async () => {
    await start('main', { page: 'connections' });
    const main = document.querySelector('main') as HTMLElement;
    let at = 0;
    Object.defineProperty(main, 'scrollTop', { get: () => at, set: (to: number) => (at = to) });
    const ways: string[] = [];
    const spied = vi.spyOn(HTMLElement.prototype, 'focus').mockImplementation(function (this: HTMLElement) {
      if (this.matches('input, select')) ways.push(`${this.dataset.testid} at ${at}`);
    });
    for (const id of ['connection-add', 'connector-bullhorn', 'connect-cancel', 'pick-back', 'nav-rules']) {
      at = 640;
      await press(id);
      expect(at, id).toBe(0);
    }
    spied.mockRestore();
    expect(ways).toEqual(['pick-input at 0', 'connect-environment at 0', 'pick-input at 0']);
  });

  it('opens what the vendor wrote, says why where it can’t, and copies the address an admin has to enter', async () => {
    const { fake, user } = await form('bullhorn');
    expect(get('docs').textContent).toBe('https://docs.bullhorn.example/api');
    await press('docs');
    expect(told(fake, 'open_docs')).toEqual([{ kind: 'open_docs', connector: 'bullhorn' }]);
    fake.openDocs = async () => Promise.reject({ code: 'unavailable', message: 'no browser was found', hint: null, field: null });
    await press('docs');
    expect(get('docs-error').textContent).toBe('No browser was found');
    const copy = screen.getByRole('button', { name: 'Copy: http://127.0.0.1:47824/callback' });
    await user.click(copy);
    expect(await navigator.clipboard.readText()).toBe('http://127.0.0.1:47824/callback');
  });

  it('says what is wrong now, and no more what was wrong with the attempt before', async () => {
    const { fake } = await form('own/acme');
    await fill('connect-server', 'https://acme.example', false);
    await fill('connect-key', 'key');
    fake.fail('add_connection', { code: 'invalid', message: '169.254.169.254 is the metadata address of a cloud', hint: null, field: null });
    await press('connect-submit');
    expect(get('connect-error').textContent).toContain('metadata');
    await fill('connect-server', 'not an address', false);
    await press('connect-submit');
    expect(invalid()).toEqual(['connect-server']);
    expect(maybe('connect-error')).toBeNull();
  });
});
