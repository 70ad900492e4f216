// The first steps: shown once, skippable at every step, and honest about what is left.

import { describe, expect, it } from 'vitest';
import { Fake } from '../src/backend/fake/fake';
import { STEPS } from '../src/state/first.svelte';
import type { Text } from '../src/text';
import { accessible, asked, get, LANGUAGES, maybe, press, settle, start } from './help';

/** A profile that nobody has set up yet. */
function fresh(): Fake {
  const fake = new Fake();
  fake.settings = { ...fake.settings, welcomed: false };
  return fake;
}
const begin = (fake = fresh(), text?: Text) => start('main', { fake, text });
const step = () => get('first').dataset.step;

describe.each(LANGUAGES)('the first steps in %s', (_, text) => {
  it('are accessible, each of them', async () => {
    await begin(fresh(), text);
    for (const at of STEPS) {
      expect(step()).toBe(at);
      await accessible();
      if (at !== 'done') await press('first-next');
    }
  });

  it('are accessible when a file is to be taken in', async () => {
    await begin(fresh(), text);
    await press('first-next');
    await press('first-next');
    await press('first-way-file');
    await accessible();
  });
});

describe('the first steps', () => {
  it('come to who has not been through them, and only once', async () => {
    const { fake } = await begin();
    await press('first-skip-all');
    expect(maybe('first')).toBeNull();
    expect(asked(fake, 'save_settings').at(-1)).toMatchObject({ welcomed: true });
    expect(get('nav-calls').getAttribute('aria-current')).toBe('page');
  });

  it('do not come in a profile for trying out, nor to who is done', async () => {
    await start('main', {});
    expect(maybe('first')).toBeNull();
  });

  it('ring a rehearsal call, and say that its card came', async () => {
    const { fake } = await begin();
    await press('first-ring');
    expect(asked(fake, 'rehearse')).toEqual([{ part: 'known' }]);
    fake.ring('030 23125 045', { rehearsal: true, card: true });
    await settle();
    expect(get('first-call').dataset.call).toBe('came');
    expect(get('first-next').textContent).toContain('Continue');
  });

  it('say so when the rules let no card come', async () => {
    const fake = fresh();
    fake.settings = { ...fake.settings, pop: 'never' };
    await begin(fake);
    await press('first-ring');
    fake.ring('030 23125 045', { rehearsal: true });
    await settle();
    expect(get('first-call').dataset.call).toBe('quiet');
  });

  it('say why a rehearsal can’t be rung', async () => {
    const fake = fresh();
    fake.fail('rehearse', { code: 'unavailable', message: 'Ringside is not running', hint: 'Start it', field: null });
    await begin(fake);
    await press('first-ring');
    expect(document.body.textContent).toContain('Ringside is not running');
    expect(get('first-call').dataset.call).toBe('none');
  });

  it('go back, and move the focus to each step’s title', async () => {
    await begin();
    await press('first-next');
    expect(step()).toBe('phone');
    expect(document.activeElement?.textContent).toBe('Your phone');
    await press('first-back');
    expect(step()).toBe('rehearsal');
  });

  it('go by keyboard alone: Enter rings, then goes on; Escape goes back, and neither out of a field', async () => {
    const { fake, user } = await begin();
    const ring = fake.ring.bind(fake);
    // It takes its time.
    fake.ring = (...call) => fake.silently(() => ring(...call));
    expect(document.activeElement).toBe(get('first-ring'));
    await user.keyboard('{Enter}');
    await settle();
    expect(asked(fake, 'rehearse')).toHaveLength(1);
    // It rings: nothing is left before it was seen.
    await user.keyboard('{Enter}');
    expect([step(), asked(fake, 'rehearse').length]).toEqual(['rehearsal', 1]);
    ring('030 23125 045', { rehearsal: true, card: true });
    await settle();
    expect(document.activeElement).toBe(get('first-next'));
    for (const at of ['phone', 'contacts', 'numbers']) {
      await user.keyboard('{Enter}');
      await settle();
      expect(step()).toBe(at);
    }
    await user.keyboard('{Escape}');
    await settle();
    expect(step()).toBe('contacts');
    await user.keyboard('{Enter}');
    await settle();
    get('first-own').focus();
    await user.keyboard('{Escape}{Enter}');
    await settle();
    expect(step()).toBe('numbers');
    (document.activeElement as HTMLElement).blur();
    await user.keyboard('{Enter}');
    await settle();
    expect(step()).toBe('done');
    await user.keyboard('{Enter}');
    await settle();
    expect(maybe('first')).toBeNull();
    expect(asked(fake, 'save_settings').at(-1)).toMatchObject({ welcomed: true });
  });

  it('leave the keys to a phone that is being added, and to the button that has the focus', async () => {
    const { user } = await begin();
    await press('first-next');
    await press('phone-add');
    (document.activeElement as HTMLElement | null)?.blur();
    await user.keyboard('{Enter}{Escape}');
    await settle();
    expect(step()).toBe('phone');
  });

  it('end with what is still open, which leads to its step', async () => {
    const fake = fresh();
    fake.settings = { ...fake.settings, home: null };
    await begin(fake);
    for (let at = 0; at < 4; at++) await press('first-next');
    expect(get('first-open').textContent).toContain('No phone yet');
    expect(get('first-open').textContent).toContain('No home country yet');
    await press('first-open-numbers');
    expect(step()).toBe('numbers');
    await press('first-next');
    await press('first-finish');
    expect(asked(fake, 'save_settings').at(-1)).toMatchObject({ welcomed: true });
  });

  it('let go although the settings can’t be saved', async () => {
    const fake = fresh();
    fake.fail('save_settings', { code: 'storage', message: 'The disk is full', hint: null, field: null });
    await begin(fake);
    await press('first-skip-all');
    expect(maybe('first')).toBeNull();
  });
});
