import { describe, expect, it } from 'vitest';
import { Fake } from '../src/backend/fake/fake';
import { ANNA, asked, get, INITECH, LANGUAGES, maybe, press, settle, start, STRANGER, told } from './help';

/** Whatever could tell who it is. */
const SECRETS = [/anna/i, /meier/i, /acme/i, /23125/, /555/, /7946/, /initech/i, /lumbergh/i, /purchasing/i, /front desk/i, /secret note/i, /buyer/i];
function nothingOfThePerson() {
  const all = document.body.outerHTML + [...document.querySelectorAll<HTMLInputElement>('input, textarea')].map((one) => one.value).join(' ');
  for (const secret of SECRETS) expect(all).not.toMatch(secret);
}

async function presenting(text = LANGUAGES[0]![1]) {
  const fake = new Fake();
  fake.setStatus({ quiet: { ...fake.status.quiet, presenting: true } });
  return start('card', { fake, text });
}

describe.each(LANGUAGES)('while others see the screen, in %s', (_, text) => {
  it('says that somebody known calls, and nothing of who it is: card, strips, bar, announcements', async () => {
    const { fake, user } = await presenting(text);
    fake.ring(INITECH, { queue: null });
    const call = fake.ring(ANNA, { note: 'Secret note', line: 'Support', diverted_by: [{ kind: 'number', text: '030 23125 001', e164: null, region: 'DE', line_type: null, display: 'Front desk' }] });
    await settle();
    expect(get('card-name').textContent).toBe(text.caller.hiddenKnown);
    expect(get('card').textContent).toContain('Support');
    expect(get('card-strip').textContent).toContain(text.caller.hiddenKnown);
    nothingOfThePerson();
    const late = fake.find(STRANGER).concat(fake.find('(212) 555-0142'));
    fake.change(call.id, { lookup: { ...call.lookup, matches: [...call.lookup.matches, ...late] } });
    await settle();
    nothingOfThePerson();
    await user.keyboard('xcn1s/lrdz?');
    await settle();
    nothingOfThePerson();
    expect(told(fake, 'open_search')).toEqual([]);
    fake.answer(call.id);
    fake.end(call.id);
    await settle();
    nothingOfThePerson();
    await user.keyboard('{Escape}');
    await settle();
    expect(maybe('card-bar')).not.toBeNull();
    nothingOfThePerson();
  });

  it('does not say whose number it is that nobody knows', async () => {
    const { fake } = await presenting(text);
    fake.ring(STRANGER);
    await settle();
    expect(get('card-name').textContent).toBe(text.caller.hiddenUnknown);
    nothingOfThePerson();
  });
});

describe('revealing', () => {
  it('is not what a click on the notification does: that brings the card of its call on top', async () => {
    const { fake } = await presenting();
    const call = fake.ring(ANNA);
    fake.ring(INITECH);
    await settle();
    expect(get('card').dataset.call).not.toBe(call.id);
    fake.emit({ kind: 'show', call: call.id });
    await settle();
    expect(get('card').dataset.call).toBe(call.id);
    nothingOfThePerson();
    fake.emit({ kind: 'show', call: 'gone' });
    await settle();
    expect(get('card').dataset.call).toBe(call.id);
  });

  it('shows this call by the hotkey, by Enter or by the button, until it is over', async () => {
    const { fake, user } = await presenting();
    const call = fake.ring(ANNA);
    await settle();
    fake.emit({ kind: 'reveal' });
    await settle();
    expect(get('card-name').textContent).toBe('Anna Meier');
    fake.ring(INITECH);
    await settle();
    expect(get('card').textContent).not.toContain('Initech');
    await press('btn-dismiss');
    fake.answer(call.id);
    fake.end(call.id);
    await settle();
    nothingOfThePerson();
    await user.keyboard('{Enter}');
    await settle();
    expect(get('card').textContent).toContain('Anna Meier');
  });

  it('is over as soon as presenting is switched on again', async () => {
    const { fake } = await presenting();
    fake.ring(ANNA);
    await settle();
    await press('btn-reveal');
    expect(get('card-name').textContent).toBe('Anna Meier');
    await fake.call('present', { on: false });
    await fake.call('present', { on: true });
    await settle();
    nothingOfThePerson();
  });
});

describe('the search window while others see the screen', () => {
  it('begins empty, and names neither the caller nor the number', async () => {
    const fake = new Fake();
    const call = fake.ring(ANNA);
    fake.setStatus({ quiet: { ...fake.status.quiet, presenting: true } });
    const { user } = await start('search', { fake });
    fake.emit({ kind: 'open_search', text: '', call: call.id, hand_on: null });
    await settle();
    nothingOfThePerson();
    expect(get('search-call').textContent).toBe('Call with Caller known');
    await user.type(get('search-input'), 'José');
    await settle();
    expect(get('search-row-0').textContent).toContain('José');
    expect(document.body.textContent).not.toMatch(/anna|23125/i);
  });
});

describe('the main window while others see the screen', () => {
  const presents = (fake: Fake, on: boolean) => fake.setStatus({ quiet: { ...fake.status.quiet, presenting: on } });

  it.each(LANGUAGES)('covers what names people until it is asked for, in %s', async (_, text) => {
    const fake = new Fake();
    presents(fake, true);
    fake.ring(ANNA);
    await start('main', { fake, text });
    expect(get('covered').textContent).toContain(text.quiet.covered);
    nothingOfThePerson();
    // A list that nobody saw was not looked at: missed calls stay new.
    expect(asked(fake, 'calls')).toEqual([]);
    for (const page of ['contacts', 'numbers', 'privacy']) {
      await press(`nav-${page}`);
      expect(maybe('covered'), page).not.toBeNull();
    }
    await press('nav-rules');
    expect(maybe('covered')).toBeNull();
    await press('nav-calls');
    await press('uncover');
    expect(document.body.textContent).toContain('Anna Meier');
    presents(fake, false);
    await settle();
    presents(fake, true);
    await settle();
    expect(maybe('covered')).not.toBeNull();
  });

  it('keeps what is half typed on the page that it covers', async () => {
    const { fake, user } = await start('main');
    const filter = get('calls-filter') as HTMLInputElement;
    await user.type(filter, 'mei');
    presents(fake, true);
    await settle();
    expect(filter.closest('[hidden]')).not.toBeNull();
    presents(fake, false);
    await settle();
    expect(filter.isConnected && filter.closest('[hidden]') === null).toBe(true);
    expect(filter.value).toBe('mei');
  });
});
