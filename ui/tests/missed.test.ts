// How long a missed call counts as one that nobody has seen: until the person looks at the list, and no window that only stands open.
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { Fake } from '../src/backend/fake/fake';
import type { CallDto } from '../src/backend/generated';
import { ANNA, asked, get, maybe, press, settle, start, STRANGER } from './help';

const missed = (change: Partial<CallDto> = {}): Partial<CallDto> => ({ state: 'missed', is_over: true, ended: 2, ...change });
const rows = () => document.querySelectorAll('[data-testid=main-call-row]');

describe('missed calls are new', () => {
  let focused: MockInstance;
  beforeEach(() => void (focused = vi.spyOn(document, 'hasFocus').mockReturnValue(true)));
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
  const USES = ['focus', 'keyup', 'pointerdown', 'pointermove'];
  async function missOne(fake: Fake) {
    fake.ring(ANNA, missed());
    fake.setStatus({ missed: 1 });
    await settle();
  }
  async function use(...uses: string[]) {
    for (const one of uses) window.dispatchEvent(new Event(one));
    await settle();
  }

  it.each(USES)('until somebody comes back to the list: %s', async (how) => {
    const { fake } = await start('main');
    await missOne(fake);
    // It stood open, and nobody touched it.
    expect(fake.status.missed).toBe(1);
    await use(how);
    expect(fake.status.missed).toBe(0);
    await use(...USES);
    expect(asked(fake, 'see_missed')).toHaveLength(1);
  });

  it('until somebody opens the list, and for as long as nothing opens it in front of them', async () => {
    const fake = new Fake();
    fake.setStatus({ missed: 2 });
    await start('main', { fake, page: 'about' });
    expect(fake.status.missed).toBe(2);
    focused.mockReturnValue(false);
    await press('nav-calls');
    expect(fake.status.missed).toBe(2);
    focused.mockReturnValue(true);
    await press('nav-calls');
    expect(fake.status.missed).toBe(0);
  });

  it('until the open list is there and says who: one look, however late the owner answers', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const fake = new Fake();
    fake.setStatus({ missed: 1 });
    fake.fail('snapshot', { code: 'unavailable', message: 'Ringside does not answer.', hint: null, field: null });
    await start('main', { fake });
    expect(maybe('calls-filter')).not.toBeNull();
    expect(asked(fake, 'see_missed')).toEqual([]);
    fake.fail('snapshot', null);
    await vi.advanceTimersByTimeAsync(2100);
    await settle();
    expect(fake.status.missed).toBe(0);
    await missOne(fake);
    expect(fake.status.missed).toBe(1);
  });

  it('also while another page is in sight', async () => {
    const { fake } = await start('main');
    await press('nav-about');
    await missOne(fake);
    await use(...USES);
    expect(fake.status.missed).toBe(1);
  });

  it('also while a pointer only crosses the window', async () => {
    const { fake } = await start('main');
    focused.mockReturnValue(false);
    await missOne(fake);
    await use('pointermove');
    expect(fake.status.missed).toBe(1);
  });

  it('also behind the cover, and in a window that nobody sees when the cover goes', async () => {
    const { fake } = await start('main');
    const presents = (presenting: boolean) => fake.setStatus({ quiet: { ...fake.status.quiet, presenting } });
    presents(true);
    await settle();
    await missOne(fake);
    await use(...USES);
    // The page that is kept behind the cover is made anew.
    await press('nav-calls');
    expect([maybe('covered') !== null, fake.status.missed]).toEqual([true, 1]);
    await press('nav-rules');
    focused.mockReturnValue(false);
    await press('nav-calls');
    presents(false);
    await settle();
    expect([maybe('covered'), fake.status.missed]).toEqual([null, 1]);
  });

  it('also behind the question whether to quit', async () => {
    const fake = new Fake();
    fake.setStatus({ store: { kind: 'in_memory', code: 'keyring_locked', message: 'The secret store is locked.', hint: 'Unlock it.', unsaved: 1, has_file: true } });
    await missOne(fake);
    await start('main', { fake, quit: true });
    await use(...USES);
    expect([maybe('quit-dialog') !== null, fake.status.missed]).toEqual([true, 1]);
    await press('quit-stay');
    await use('keyup');
    expect(fake.status.missed).toBe(0);
  });

  it('also while only contacts that wait are in sight', async () => {
    const fake = new Fake();
    fake.setStatus({ creating: 1 });
    await start('main', { fake });
    await press('filter-creating');
    await missOne(fake);
    await use(...USES);
    expect(fake.status.missed).toBe(1);
    await press('filter-creating');
    await use('keyup');
    expect(fake.status.missed).toBe(0);
  });

  it('also while a filter keeps them from sight', async () => {
    const { fake, user } = await start('main');
    await user.type(get('calls-filter'), 'zz');
    await missOne(fake);
    await use(...USES);
    expect(fake.status.missed).toBe(1);
    await user.clear(get('calls-filter'));
    await press('filter-not-logged');
    focused.mockReturnValue(false);
    await missOne(fake);
    focused.mockReturnValue(true);
    await use(...USES);
    expect(fake.status.missed).toBe(1);
    await press('filter-not-logged');
    await use('keyup');
    expect(fake.status.missed).toBe(0);
  });

  it('and are let in among the missed ones, where a look at them counts', async () => {
    const fake = new Fake();
    fake.ring(STRANGER, missed());
    fake.ring(ANNA, missed({ state: 'completed' }));
    const { user } = await start('main', { fake });
    await press('filter-missed');
    const call = fake.ring(ANNA);
    await settle();
    expect(rows()).toHaveLength(1);
    fake.end(call.id);
    fake.setStatus({ missed: 1 });
    await settle();
    expect([rows().length, rows()[0]?.getAttribute('data-call')]).toEqual([2, call.id]);
    fake.ring(STRANGER, missed({ direction: 'out' }));
    await settle();
    expect(rows()).toHaveLength(2);
    await use('keyup');
    expect(fake.status.missed).toBe(0);
    // Another filter beside it is the owner's to apply.
    await press('filter-not-logged');
    const before = rows().length;
    await missOne(fake);
    expect(rows()).toHaveLength(before);
    await press('filter-not-logged');
    await user.type(get('calls-filter'), STRANGER);
    const typed = rows().length;
    await missOne(fake);
    expect(rows()).toHaveLength(typed);
  });
});
