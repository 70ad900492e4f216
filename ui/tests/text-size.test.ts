import { render } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import App from '../src/App.svelte';
import { Fake } from '../src/backend/fake/fake';
import { sized, TEXT_SIZES } from '../src/state/text-size';
import { speak } from '../src/text';
import { asked, get, LANGUAGES, settle, start, told } from './help';

const ctrl = (key: string) => {
  const event = new KeyboardEvent('keydown', { key, ctrlKey: true, bubbles: true, cancelable: true });
  (document.activeElement ?? document.body).dispatchEvent(event);
  return event.defaultPrevented;
};

async function open(view: string, fake = new Fake(), measured = false) {
  speak(LANGUAGES[0]![1]);
  render(App, { props: { backend: fake, view, measured } });
  await settle();
  return fake;
}

describe('the text size', () => {
  it('steps through the sizes and stays between the first and the last', () => {
    expect(TEXT_SIZES.map((size) => sized(size, '+'))).toEqual([115, 130, 150, 175, 200, 200]);
    expect(TEXT_SIZES.map((size) => sized(size, '-'))).toEqual([100, 100, 115, 130, 150, 175]);
    expect([sized(175, '0'), sized(100, '='), sized(100, 'a')]).toEqual([100, 115, null]);
  });

  it.each(['card', 'search', 'main'])('is changed by the keys of a browser in the window: %s', async (view) => {
    const fake = await open(view);
    expect([ctrl('+'), ctrl('='), ctrl('-'), ctrl('+')]).toEqual([true, true, true, true]);
    for (let turn = 0; turn < 6; turn++) await settle();
    expect(fake.settings.text_size).toBe(130);
    ctrl('0');
    for (let turn = 0; turn < 3; turn++) await settle();
    expect(fake.settings.text_size).toBe(100);
    expect(asked(fake, 'save_settings').map((one) => one.text_size)).toEqual([115, 130, 115, 130, 100]);
    // At the end of the scale nothing is saved.
    ctrl('-');
    for (let turn = 0; turn < 3; turn++) await settle();
    expect(asked(fake, 'save_settings')).toHaveLength(5);
  });

  it('leaves plus and minus without Ctrl to whoever types them', async () => {
    const fake = await open('search');
    const event = new KeyboardEvent('keydown', { key: '+', bubbles: true, cancelable: true });
    get('search-input').dispatchEvent(event);
    await settle();
    expect(event.defaultPrevented).toBe(false);
    expect(asked(fake, 'save_settings')).toEqual([]);
  });

  it.each(LANGUAGES)('is chosen on the rules page: %s', async (_, text) => {
    const { fake } = await start('main', { page: 'rules', text });
    const select = get('settings-text-size') as HTMLSelectElement;
    expect(select.labels?.[0]?.textContent).toContain(text.rules.textSize);
    expect([...select.options].map((option) => option.text.replace(/\s/g, ''))).toEqual(['100%', '115%', '130%', '150%', '175%', '200%']);
    select.value = '175';
    select.dispatchEvent(new Event('change', { bubbles: true }));
    await settle();
    expect(fake.settings.text_size).toBe(175);
  });
});

describe('measuring', () => {
  async function type(text: string) {
    const input = get('search-input') as HTMLInputElement;
    input.value = text;
    input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }
  const frames = () => new Promise((done) => setTimeout(done, 60));

  it('tells nothing unless the shell asked', async () => {
    const fake = await open('search');
    await type('anna');
    await settle();
    await frames();
    expect([told(fake, 'measured'), told(fake, 'painted')]).toEqual([[], []]);
  });

  it('tells each keystroke once its rows are painted, also one that the next overtook', async () => {
    const fake = await open('search', new Fake(), true);
    const late = fake.hold('search');
    await type('an');
    await type('ann');
    await settle();
    late();
    await settle();
    await frames();
    const measured = told(fake, 'measured') as unknown as { what: string; us: number }[];
    expect(measured.map(({ what }) => what)).toEqual(['answered', 'painted', 'answered', 'painted']);
    measured.forEach(({ us }) => expect(us).toBeGreaterThanOrEqual(0));
    await type('  ');
    await settle();
    await frames();
    expect(told(fake, 'measured')).toHaveLength(4);
  });

  it('tells that the search window is painted once it has the keyboard', async () => {
    const focus = vi.spyOn(document, 'hasFocus').mockReturnValue(false);
    const fake = await open('search', new Fake(), true);
    fake.emit({ kind: 'open_search', text: '', call: null, hand_on: null });
    await settle();
    await frames();
    expect(told(fake, 'painted')).toEqual([]);
    window.dispatchEvent(new Event('focus'));
    await frames();
    expect(told(fake, 'painted')).toEqual([{ kind: 'painted', call: null }]);
    focus.mockRestore();
  });
});
