import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Fake } from '../src/backend/fake/fake';
import { Draft } from '../src/state/draft.svelte';
import { House } from '../src/state/house.svelte';
import { speak } from '../src/text';
import { en } from '../src/text/en';
import { ANNA, asked, settle, STRANGER } from './help';

const ADDRESS = 'anna.meier@acme.example';

describe('duplicates and what they were found for', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    speak(en);
  });
  afterEach(() => void vi.useRealTimers());

  async function checked() {
    await vi.advanceTimersByTimeAsync(150);
    await settle();
  }
  async function open() {
    const fake = new Fake();
    const house = new House(fake);
    await house.start();
    await settle();
    const draft = new Draft(house, fake.ring(STRANGER));
    draft.look();
    await checked();
    fake.asked.length = 0;
    return { fake, draft };
  }
  const forced = (fake: Fake) => asked(fake, 'create_contact').map((one) => one.force);
  const names = (draft: Draft) => draft.duplicates.map((one) => one.contact.name);

  it('shows who is like the new input although someone like the old one was in sight', async () => {
    const { fake, draft } = await open();
    draft.set('name', 'Anna Meier');
    await checked();
    expect(names(draft)).toEqual(['Anna Meier']);
    draft.set('name', 'A. M.');
    draft.set('email', ADDRESS);
    expect(await draft.create()).toBeNull();
    expect(forced(fake)).toEqual([false]);
    expect(draft.strong?.because).toBe('same_email');
    // The split of the new name comes with the check; after it, what is in sight is seen.
    await checked();
    expect((await draft.create())?.name).toBe('A. M.');
    expect(forced(fake)).toEqual([false, true]);
  });

  it('does not take an answer to older input that comes late for one that was seen', async () => {
    const { fake, draft } = await open();
    const go = fake.hold('duplicates');
    draft.set('name', 'Anna Meier');
    await checked();
    draft.set('name', 'Samir Nagheenanajar');
    go();
    await settle();
    expect(names(draft)).toEqual(['Anna Meier']);
    await draft.create();
    expect(forced(fake)).toEqual([false]);
  });

  it('does not force what was typed while the owner looked', async () => {
    const { fake, draft } = await open();
    draft.set('name', 'A. Meier');
    await checked();
    const go = fake.hold('create_contact');
    draft.set('email', ADDRESS);
    const first = draft.create();
    draft.set('number', ANNA);
    go();
    expect(await first).toBeNull();
    expect(await draft.create()).toBeNull();
    expect(forced(fake)).toEqual([false, false]);
    expect(draft.strong?.because).toBe('same_number');
  });

  it('leaves a record alone that is no match for what stands there now', async () => {
    const { fake, draft } = await open();
    draft.set('name', 'A. Meier');
    draft.set('email', ADDRESS);
    await checked();
    const stale = draft.strong!;
    draft.set('email', 'samir@initech.example');
    expect(await draft.use(stale)).toBeNull();
    expect(draft.strong).toBeNull();
    expect([asked(fake, 'add_number'), asked(fake, 'choose')]).toEqual([[], []]);
  });

  it('adds the new number where the old one was the reason', async () => {
    const { fake, draft } = await open();
    draft.set('name', 'Anna M.');
    draft.set('number', ANNA);
    draft.set('email', ADDRESS);
    await checked();
    expect(draft.strong?.because).toBe('same_number');
    draft.set('number', STRANGER);
    expect(await draft.use(draft.strong!)).toBeNull();
    expect(draft.strong?.because).toBe('same_email');
    await draft.use(draft.strong!);
    expect(asked(fake, 'add_number').map((one) => one.number)).toEqual([STRANGER]);
  });

  it('uses a record that is still a match, without a second press', async () => {
    const { fake, draft } = await open();
    draft.set('name', 'A. Meier');
    draft.set('email', ADDRESS);
    await checked();
    draft.set('title', 'Buyer');
    expect((await draft.use(draft.strong!))?.name).toBe('Anna Meier');
    expect(asked(fake, 'add_number')).toHaveLength(1);
  });

  it('uses nobody when typing goes on while it looks once more', async () => {
    const { fake, draft } = await open();
    draft.set('name', 'A. Meier');
    draft.set('email', ADDRESS);
    await checked();
    draft.set('title', 'Buyer');
    const go = fake.hold('duplicates');
    const used = draft.use(draft.strong!);
    await settle();
    draft.set('email', 'samir@initech.example');
    go();
    expect(await used).toBeNull();
    expect(asked(fake, 'add_number')).toEqual([]);
  });
});

describe('how the name splits', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    speak(en);
  });
  afterEach(() => void vi.useRealTimers());

  async function open() {
    const fake = new Fake();
    const house = new House(fake);
    await house.start();
    await settle();
    const call = fake.ring(STRANGER);
    const draft = new Draft(house, call);
    draft.setType('lead');
    await checked();
    fake.asked.length = 0;
    return { fake, house, call, draft };
  }
  async function checked() {
    await vi.advanceTimersByTimeAsync(150);
    await settle();
  }
  const sent = (fake: Fake) => {
    const { name, given, family } = asked(fake, 'create_contact').at(-1)?.draft as Record<string, string | null>;
    return [name, given, family];
  };

  it('sends no split of an older name when it is created before the new one is split', async () => {
    const { fake, draft } = await open();
    draft.set('name', 'Samir Na');
    await checked();
    expect([draft.given, draft.family]).toEqual(['Samir', 'Na']);
    draft.set('name', 'Samir Nagheenanajar');
    await draft.create();
    expect(sent(fake)).toEqual(['Samir Nagheenanajar', null, null]);
  });

  it('sends what was split by hand', async () => {
    const { fake, draft } = await open();
    draft.set('name', 'Samir van Nagheenanajar');
    await checked();
    draft.set('given', 'Samir');
    draft.set('family', 'van Nagheenanajar');
    await draft.create();
    expect(sent(fake)).toEqual(['Samir van Nagheenanajar', 'Samir', 'van Nagheenanajar']);
  });

  it('is sent all the same once its CRM said that the contact is there, unless something was changed since', async () => {
    const { fake, house, call, draft } = await open();
    draft.set('name', 'Samir Nagheenanajar');
    await draft.create();
    const creation = house.call(call.id)!.creation!;
    const there = { code: 'conflict', message: 'Acme CRM has this contact already: Zoë Example', hint: null, field: 'force' };
    const again = Draft.again(house, call, creation, there);
    again.look();
    await checked();
    expect(again.insists).toBe(true);
    again.set('email', 'samir@example.com');
    expect(again.insists).toBe(false);
    again.set('email', '');
    await again.create();
    expect(asked(fake, 'create_contact').map((one) => one.force)).toEqual([false, true]);
    // A CRM that can't be told so would only refuse it again.
    expect(Draft.again(house, call, creation, { ...there, field: null }).insists).toBe(false);
  });

  it('splits a name anew that is corrected, also one that was split by hand', async () => {
    const { fake, house, call, draft } = await open();
    draft.set('name', 'Samir Nagheenanaja');
    draft.set('family', 'Nagheenanaja');
    await draft.create();
    const creation = house.call(call.id)!.creation!;
    const again = Draft.again(house, call, creation, null);
    again.look();
    await checked();
    expect(again.family).toBe('Nagheenanaja');
    again.set('name', 'Samir Nagheenanajar');
    await checked();
    expect([again.given, again.family]).toEqual(['Samir', 'Nagheenanajar']);
    await again.create();
    expect(sent(fake)).toEqual(['Samir Nagheenanajar', null, null]);
  });
});

describe('the type of a new contact', () => {
  beforeEach(() => speak(en));

  it('stays the chosen one when its CRM learns to write it in another way', async () => {
    const fake = new Fake();
    const house = new House(fake);
    await house.start();
    await settle();
    const draft = new Draft(house, fake.ring(STRANGER));
    draft.setType('company');
    house.connections = house.connections.map((one) => ({ ...one, types: one.types.map((type) => ({ ...type, id: type.id.toUpperCase() })) }));
    expect(draft.type?.id).toBe('COMPANY');
    draft.set('name', 'A. M.');
    await draft.create();
    expect(asked(fake, 'create_contact').map((one) => (one.draft as { contact_type: string }).contact_type)).toEqual(['COMPANY']);
    draft.stop();
  });
});
