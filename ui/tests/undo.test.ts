import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createNow, turnCreation } from '../src/backend/fake/wishes';
import { accessible, ANNA, asked, get, INITECH, maybe, press, settle, start, STRANGER } from './help';

async function fill(id: string, value: string) {
  const input = get(id) as HTMLInputElement;
  input.value = value;
  input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  await vi.advanceTimersByTimeAsync(150);
  await settle();
}
const value = (id: string) => (get(id) as HTMLInputElement).value;

/** A contact that waits for its ten seconds, made in the card of an answered call. */
async function wished() {
  const all = await start('card');
  const call = all.fake.ring(STRANGER);
  all.fake.answer(call.id);
  await settle();
  await press('btn-create');
  await press('create-type-lead');
  await fill('create-name', 'Samir Nagheenanajar');
  await fill('create-email', 'samir@initech.example');
  await press('create-submit');
  const [creation] = all.fake.creations;
  return { ...all, call, creation: creation! };
}

describe('a contact that is created after ten seconds', () => {
  beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
  afterEach(() => void vi.useRealTimers());

  it('goes on with the new name at once, says where and for how long it can be taken back', async () => {
    const { fake } = await wished();
    expect(asked(fake, 'create_contact')[0]).toMatchObject({ later: true, instead_of: null });
    expect(get('card-name').textContent).toBe('Samir Nagheenanajar');
    expect(get('creation').textContent).toContain('Will be created in Address book');
    expect(get('btn-undo').textContent).toMatch(/Undo \((10|9) s\)/);
    await vi.advanceTimersByTimeAsync(4000);
    await settle();
    expect(get('btn-undo').textContent).toMatch(/Undo \([5-7] s\)/);
    await accessible();
  });

  it('is taken back by Z, and its form is there again with everything', async () => {
    const { fake, user, creation } = await wished();
    await user.keyboard('z');
    await settle();
    expect(asked(fake, 'undo_creation')).toEqual([{ creation: creation.id }]);
    expect([value('create-name'), value('create-email'), value('create-number')]).toEqual(['Samir Nagheenanajar', 'samir@initech.example', STRANGER]);
    expect((get('create-type-lead') as HTMLInputElement).checked).toBe(true);
    await press('create-submit');
    expect(asked(fake, 'create_contact').at(-1)).toMatchObject({ instead_of: creation.id });
  });

  it('becomes the contact of the call', async () => {
    const { fake, creation } = await wished();
    createNow(fake, creation.id);
    await settle();
    expect(maybe('creation')).toBeNull();
    expect(get('log-state').textContent).toContain('Samir Nagheenanajar');
  });

  it('says on its card what is to be read with it, until the person has read it', async () => {
    const { fake, creation } = await wished();
    const contact = fake.contacts[0]!;
    turnCreation(fake, creation.id, { kind: 'created', contact }, 'the address book has 2 records that fit `Initech`; the first one was taken');
    await settle();
    expect(get('card-notice').textContent).toContain('The address book has 2 records that fit `Initech`; the first one was taken.');
    await press('card-notice-done');
    expect(maybe('card-notice')).toBeNull();
    await accessible();
  });

  it('has the call logged on it: the log follows', async () => {
    const { fake, user } = await wished();
    await user.keyboard('{Control>}{Enter}{/Control}');
    await settle();
    expect(asked(fake, 'log')).toHaveLength(1);
    expect(get('log-state').textContent).toContain('Goes out when Samir Nagheenanajar is created');
    expect(maybe('btn-retry')).toBeNull();
  });

  it('opens its form again when the CRM refuses, with the words at the field and the caret there', async () => {
    const { fake, creation } = await wished();
    turnCreation(fake, creation.id, { kind: 'refused', error: { code: 'refused', message: 'This address is taken', hint: null, field: 'email' } });
    await settle();
    expect(value('create-name')).toBe('Samir Nagheenanajar');
    const email = get('create-email');
    expect(email.getAttribute('aria-invalid')).toBe('true');
    expect(document.activeElement).toBe(email);
    expect(get('create').textContent).toContain('This address is taken.');
    await accessible();
    await press('create-cancel');
    expect(get('creation').textContent).toContain('Address book refused it');
    await press('creation-fix');
    expect(get('create-email').getAttribute('aria-invalid')).toBe('true');
  });

  it('makes a second record on purpose only, where the CRM says that there is one', async () => {
    const { fake, user, creation } = await wished();
    turnCreation(fake, creation.id, { kind: 'refused', error: { code: 'conflict', message: 'Acme CRM has this contact already: Samir Example', hint: null, field: 'force' } });
    await settle();
    const sent = () => asked(fake, 'create_contact').map((one) => one.force);
    const before = sent().length;
    get('create-name').focus();
    await user.keyboard('{Enter}{Control>}{Enter}{/Control}');
    await settle();
    expect(sent()).toHaveLength(before);
    expect(get('create-submit').textContent).toContain('Create anyway');
    await accessible();
    await press('create-submit');
    expect(sent().slice(before)).toEqual([true]);
  });

  it('takes no note away from somebody who writes it', async () => {
    const { fake, user, creation } = await wished();
    await user.keyboard('n');
    await settle();
    await user.keyboard('half a sen');
    turnCreation(fake, creation.id, { kind: 'refused', error: { code: 'refused', message: 'No', hint: null, field: 'email' } });
    await settle();
    expect(document.activeElement).toBe(get('note'));
    expect(get('creation-message').textContent).toBe('No.');
    await press('creation-fix');
    expect(get('create-email').getAttribute('aria-invalid')).toBe('true');
  });

  it('lets a person decide when the answer was lost, and says why one waits', async () => {
    const { fake, creation } = await wished();
    const error = { code: 'timeout', message: 'the answer was lost', hint: null, field: null };
    turnCreation(fake, creation.id, { kind: 'waiting', until: Date.now() + 60_000, why: error });
    await settle();
    expect(get('creation-message').textContent).toContain('The answer was lost. Next try ');
    expect(get('btn-undo').textContent).not.toContain('(');
    turnCreation(fake, creation.id, { kind: 'unsure', error });
    await settle();
    await press('creation-send');
    expect(asked(fake, 'settle_creation')).toEqual([{ creation: creation.id, decision: 'send' }]);
    expect(get('creation').dataset.state).toBe('sending');
    expect(maybe('btn-undo')).toBeNull();
  });
});

describe('what else can be taken back', () => {
  it('a choice, by Z, and says to whom it goes back', async () => {
    const { fake, user } = await start('card');
    const call = fake.ring(INITECH);
    await settle();
    await user.keyboard('1');
    await user.keyboard('2');
    await settle();
    expect(get('btn-undo').querySelector('.hidden')?.textContent).toBe('Undo: back to Bill Lumbergh');
    await user.keyboard('z');
    await settle();
    expect(asked(fake, 'undo')).toEqual([{ call: call.id }]);
    expect(maybe('btn-undo')).toBeNull();
  });

  it('that a call is not to be logged: the card stays long enough', async () => {
    const { fake } = await start('card');
    const call = fake.ring(ANNA);
    fake.answer(call.id);
    fake.end(call.id);
    await settle();
    await press('btn-dont_log');
    expect(get('log-state').dataset.state).toBe('set_aside');
    await press('btn-undo');
    expect(get('log-state').dataset.state).toBe('not_logged');
  });

  it('nothing, when there is nothing: Z is silent', async () => {
    const { fake, user } = await start('card');
    fake.ring(ANNA);
    await settle();
    await user.keyboard('z');
    await settle();
    expect(asked(fake, 'undo')).toEqual([]);
  });
});

describe('who chose', () => {
  it.each([
    ['remembered', 'chosen last time'],
    ['first', 'your rule: the first'],
    ['last_spoken', 'your rule: spoke with last'],
    ['earliest_created', 'your rule: created first'],
  ] as const)('%s is said, and the others stay in sight', async (by, said) => {
    const { fake } = await start('card');
    const call = fake.ring(INITECH);
    fake.change(call.id, { choice: { contact: call.lookup.matches[1]!.contact, by } });
    await settle();
    expect(get('log-state').textContent).toContain(`Peter Gibbons, ${said}`);
    expect(get('card-name').textContent).toBe('3 people at Initech');
    expect(get('match-2').getAttribute('aria-pressed')).toBe('true');
  });
});
