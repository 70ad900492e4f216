import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { accessible, ANNA, asked, get, maybe, press, settle, start, STRANGER } from './help';

async function fill(id: string, value: string) {
  const input = get(id) as HTMLInputElement;
  input.value = value;
  input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  await vi.advanceTimersByTimeAsync(150);
  await settle();
}
const value = (id: string) => (get(id) as HTMLInputElement).value;

async function open(number: string = STRANGER) {
  const all = await start('card');
  const call = all.fake.ring(number);
  await settle();
  await press(number === STRANGER ? 'btn-create' : 'btn-why');
  return { ...all, call };
}

describe('creating from the card', () => {
  beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
  afterEach(() => void vi.useRealTimers());

  it('shows how the name splits, and writes what is shown', async () => {
    const { fake, call } = await open();
    await press('create-type-lead');
    await fill('create-name', 'Samir van Nagheenanajar');
    expect([value('create-given'), value('create-family')]).toEqual(['Samir van', 'Nagheenanajar']);
    await fill('create-given', 'Samir');
    await fill('create-family', 'van Nagheenanajar');
    await fill('create-email', 'samir@initech.example');
    expect([value('create-given'), value('create-family')]).toEqual(['Samir', 'van Nagheenanajar']);
    await press('create-submit');
    expect(asked(fake, 'create_contact')).toEqual([
      {
        call: call.id,
        force: false,
        draft: { connection: 'book', contact_type: 'lead', name: 'Samir van Nagheenanajar', given: 'Samir', family: 'van Nagheenanajar', company: null, title: null, email: 'samir@initech.example', number: STRANGER, extra: [] },
      },
    ]);
    expect(maybe('create')).toBeNull();
    expect(get('card-name').textContent).toBe('Samir van Nagheenanajar');
  });

  it('asks a company for its name only', async () => {
    await open();
    await press('create-type-company');
    await fill('create-name', 'Globex Ltd');
    expect(maybe('create-given')).toBeNull();
    expect(maybe('create-title')).toBeNull();
  });

  it('offers to add the number to who has the e-mail, before a second record', async () => {
    const { fake, call } = await open();
    await fill('create-name', 'A. Meier');
    await fill('create-email', 'anna.meier@acme.example');
    expect(get('dup').textContent).toContain('has the e-mail you typed.');
    expect(get('dup-add').textContent).toContain('Add number to Anna Meier');
    expect(get('dup-add').classList).toContain('primary');
    expect(get('create-submit').classList).not.toContain('primary');
    await accessible();
    await press('dup-add');
    expect(asked(fake, 'add_number')).toEqual([{ contact: { connection: 'book', contact_type: 'person', id: '1' }, number: STRANGER, call: call.id }]);
    expect(asked(fake, 'create_contact')).toEqual([]);
    expect(get('card-name').textContent).toBe('Anna Meier');
  });

  it('uses who has the number already instead of adding it twice', async () => {
    const { fake, call, user } = await start('card').then(async (all) => {
      const one = all.fake.ring(ANNA, { choice: null });
      await settle();
      return { ...all, call: one };
    });
    await user.keyboard('c');
    await fill('create-name', 'Anna M.');
    expect(get('dup-add').textContent).toContain('Use Anna Meier');
    await press('dup-add');
    expect(asked(fake, 'choose').at(-1)).toMatchObject({ call: call.id, contact: { id: '1' } });
    expect(asked(fake, 'add_number')).toEqual([]);
  });

  it('creates all the same when the person says so', async () => {
    const { fake } = await open();
    await fill('create-name', 'Anna Meier');
    expect(get('dup').textContent).toContain('similar name');
    await press('create-submit');
    expect(asked(fake, 'create_contact')[0]).toMatchObject({ force: true });
  });

  it('shows duplicates that only the owner found, and creates at the second press', async () => {
    const { fake } = await open();
    await fill('create-name', 'A. Meier');
    fake.fail('duplicates', { code: 'timeout', message: 'late', hint: null, field: null });
    await fill('create-email', 'anna.meier@acme.example');
    await press('create-submit');
    expect(get('dup').textContent).toContain('Anna Meier');
    await press('create-submit');
    expect(asked(fake, 'create_contact').map((one) => one.force)).toEqual([false, true]);
  });

  it('puts a refusal on its field and keeps everything typed', async () => {
    const { fake } = await open();
    await fill('create-name', 'Samir Nagheenanajar');
    await fill('create-email', 'not an address');
    fake.fail('create_contact', { code: 'invalid', message: 'The CRM does not take this address.', hint: null, field: 'email' });
    await press('create-submit');
    const email = get('create-email');
    expect(email.getAttribute('aria-invalid')).toBe('true');
    expect(document.getElementById(email.getAttribute('aria-describedby') ?? '')?.textContent).toBe('The CRM does not take this address.');
    expect([value('create-name'), value('create-email'), value('create-number')]).toEqual(['Samir Nagheenanajar', 'not an address', STRANGER]);
    await accessible();
    await fill('create-email', 'samir@initech.example');
    expect(email.getAttribute('aria-invalid')).toBeNull();
  });

  it('wants a name, and says so at the name', async () => {
    const { fake } = await open();
    await fill('create-name', '  ');
    await press('create-submit');
    expect(get('create-name').getAttribute('aria-invalid')).toBe('true');
    expect(asked(fake, 'create_contact')).toEqual([]);
  });

  it('keeps what was typed when the person looks at something else, and no letter loses it', async () => {
    const { user } = await open();
    await fill('create-name', 'Samir');
    get('create-type-person').focus();
    await user.keyboard('xr1');
    await settle();
    expect(value('create-name')).toBe('Samir');
    await user.keyboard('{Escape}');
    await settle();
    expect(maybe('create')).toBeNull();
    await user.keyboard('c');
    await settle();
    expect(value('create-name')).toBe('Samir');
  });

  it('takes Enter and Ctrl+Enter for the first offer', async () => {
    const { fake, user } = await open();
    await fill('create-name', 'Samir');
    get('create-name').focus();
    await user.keyboard('{Control>}{Enter}{/Control}');
    await settle();
    expect(asked(fake, 'create_contact')).toHaveLength(1);
    expect(asked(fake, 'log')).toEqual([]);
  });
});
