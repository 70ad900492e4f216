import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Fake, noLog } from '../src/backend/fake/fake';
import { Closing, stay } from '../src/state/closing.svelte';
import { guard } from '../src/state/guard';
import { House } from '../src/state/house.svelte';
import { Note } from '../src/state/note.svelte';
import { Calls } from '../src/state/calls.svelte';
import { candidates, inOrder } from '../src/state/picture';
import { ANNA, asked, settle } from './help';

describe('a note', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const saved = (fake: Fake) => asked(fake, 'note').map((one) => one.note);
  function note() {
    const fake = new Fake();
    return { fake, note: new Note(fake, fake.ring(ANNA)) };
  }

  it('is saved at most 150 ms after the first unsaved keystroke, however fast the next ones come', async () => {
    const { fake, note: it_ } = note();
    for (const text of ['a', 'ab', 'abc', 'abcd']) {
      it_.type(text);
      await vi.advanceTimersByTimeAsync(60);
    }
    expect(saved(fake)).toEqual(['abc']);
    await vi.advanceTimersByTimeAsync(150);
    expect(saved(fake)).toEqual(['abc', 'abcd']);
    expect(it_.state).toBe('saved');
  });

  it('is saved at once on flush', async () => {
    const { fake, note: it_ } = note();
    it_.type('now');
    expect(await it_.flush()).toBe(true);
    expect(saved(fake)).toEqual(['now']);
  });

  it('sends one at a time, so the last text wins', async () => {
    const { fake, note: it_ } = note();
    const go = fake.hold('note');
    it_.type('first');
    const done = it_.flush();
    it_.type('second');
    await vi.advanceTimersByTimeAsync(500);
    expect(saved(fake)).toEqual(['first']);
    go();
    await done;
    await vi.advanceTimersByTimeAsync(200);
    expect(saved(fake)).toEqual(['first', 'second']);
    expect(fake.calls[0]?.note).toBe('second');
  });

  it('says that it is not saved, keeps the text, and tries again', async () => {
    const { fake, note: it_ } = note();
    fake.fail('note', { code: 'storage', message: 'The disk is full.', hint: null, field: null });
    it_.type('precious');
    expect(await it_.flush()).toBe(false);
    expect([it_.state, it_.error?.message, it_.text]).toEqual(['failed', 'The disk is full.', 'precious']);
    fake.fail('note', null);
    await vi.advanceTimersByTimeAsync(2100);
    expect(it_.state).toBe('saved');
    expect(fake.calls[0]?.note).toBe('precious');
  });

  it('takes over what another window wrote, but never over something newer', async () => {
    const { fake, note: it_ } = note();
    it_.adopt({ ...fake.calls[0]!, note: 'theirs' });
    expect(it_.text).toBe('theirs');
    it_.type('mine');
    it_.adopt({ ...fake.calls[0]!, note: 'theirs again' });
    expect(it_.text).toBe('mine');
  });
});

describe('closing', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const call = (change: object) => ({ ...new Fake().ring(ANNA), is_over: true, ...change }) as ReturnType<Fake['ring']>;

  it.each([
    ['answered elsewhere', { state: 'answered_elsewhere' }, 3000],
    ['missed', { state: 'missed' }, 10_000],
    ['ended', { state: 'completed' }, 30_000],
    ['logged', { state: 'completed', log: { ...noLog(), state: 'logged' } }, 6000],
    ['refused', { state: 'completed', log: { ...noLog(), state: 'refused' } }, null],
    ['forwarded, nobody here talked', { state: 'forwarded' }, 3000],
    ['forwarded after we talked', { state: 'forwarded', answered: 1 }, 30_000],
    ['transferred', { state: 'transferred', answered: 1, talked: 9000 }, 30_000],
    ['going on', { state: 'answered', is_over: false }, null],
  ])('%s', (_, change, span) => expect(stay(call(change))).toBe(span));

  it('starts anew with every key, waits under the pointer, and can be stopped', async () => {
    const close = vi.fn();
    const closing = new Closing(close);
    closing.follow(call({ state: 'completed' }));
    await vi.advanceTimersByTimeAsync(29_000);
    expect(closing.left).toBe(1);
    closing.touch();
    await vi.advanceTimersByTimeAsync(29_000);
    expect(close).not.toHaveBeenCalled();
    closing.hold('pointer', true);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(close).not.toHaveBeenCalled();
    closing.hold('pointer', false);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(close).toHaveBeenCalledTimes(1);

    const kept = new Closing(close);
    kept.follow(call({ state: 'completed' }));
    kept.keep();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(close).toHaveBeenCalledTimes(1);
    expect(kept.left).toBeNull();
  });
});

describe('the click guard', () => {
  function panel() {
    let now = 0;
    document.body.innerHTML = '<div id="root"><button id="old">Old</button></div>';
    const root = document.getElementById('root')!;
    const action = guard(root, () => now);
    const hits: string[] = [];
    root.addEventListener('click', (event) => hits.push((event.target as Element).id));
    const click = (id: string, detail = 1) => document.getElementById(id)?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, detail }));
    return { root, hits, click, at: (time: number) => (now = time), end: () => action.destroy() };
  }

  it('ignores a pointer on a control younger than 400 ms, and takes it later', () => {
    const { hits, click, at, end } = panel();
    at(399);
    click('old');
    expect(hits).toEqual([]);
    at(401);
    click('old');
    expect(hits).toEqual(['old']);
    end();
  });

  it('never holds back the keyboard', () => {
    const { hits, click, end } = panel();
    click('old', 0);
    expect(hits).toEqual(['old']);
    end();
  });

  it('holds a control that moved under the pointer', async () => {
    const { root, hits, click, at, end } = panel();
    at(1000);
    const old = document.getElementById('old')!;
    vi.spyOn(old, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 60, 80, 32));
    root.prepend(document.createElement('p'));
    await settle();
    at(1200);
    click('old');
    expect(hits).toEqual([]);
    at(1401);
    click('old');
    expect(hits).toEqual(['old']);
    end();
  });

  it('takes a click on a control that only became narrower, and holds one that crept away', async () => {
    const { root, hits, click, at, end } = panel();
    const old = document.getElementById('old')!;
    const box = vi.spyOn(old, 'getBoundingClientRect').mockReturnValue(new DOMRect(300, 60, 80, 32));
    root.append(document.createElement('p'));
    await settle();
    at(1000);
    // "10 s" is "9 s": its right edge stays.
    box.mockReturnValue(new DOMRect(308, 60, 72, 32));
    click('old');
    expect(hits).toEqual(['old']);
    // Step by step, each edge once: it has moved all the same.
    box.mockReturnValue(new DOMRect(308, 60, 60, 32));
    root.append(document.createElement('p'));
    await settle();
    box.mockReturnValue(new DOMRect(280, 60, 60, 32));
    click('old');
    expect(hits).toEqual(['old']);
    end();
  });

  it('takes a click on what has stood still while something else appeared', async () => {
    const { root, hits, click, at, end } = panel();
    at(1000);
    root.insertAdjacentHTML('beforeend', '<button id="new">New</button>');
    await settle();
    click('new');
    click('old');
    expect(hits).toEqual(['old']);
    end();
  });
});

describe('the house', () => {
  it('loses no event between listening and the snapshot', async () => {
    const fake = new Fake();
    const first = fake.ring(ANNA);
    const go = fake.hold('snapshot');
    const house = new House(fake);
    const started = house.start();
    await settle();
    fake.change(first.id, { note: 'in between' });
    const second = fake.ring(null);
    go();
    await started;
    expect(house.calls.map((call) => call.id)).toEqual([second.id, first.id]);
    expect(house.call(first.id)?.note).toBe('in between');
    house.stop();
  });

  it('asks again when the owner does not answer', async () => {
    vi.useFakeTimers();
    const fake = new Fake();
    fake.ring(ANNA);
    fake.fail('snapshot', { code: 'unavailable', message: 'Not ready.', hint: null, field: null });
    const house = new House(fake);
    void house.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(house.lost).toBe('Not ready.');
    fake.fail('snapshot', null);
    await vi.advanceTimersByTimeAsync(2100);
    expect([house.lost, house.calls.length]).toEqual([null, 1]);
    house.stop();
    vi.useRealTimers();
  });

  it('asks for everything again when events were lost, and loses none that came meanwhile', async () => {
    const fake = new Fake();
    const house = new House(fake);
    await house.start();
    const over = fake.ring(ANNA);
    const kept = fake.ring(null);
    fake.pops = () => false;
    const bare = fake.ring(null);
    const heard: string[] = [];
    house.on((event) => heard.push(event.kind === 'card_closed' ? event.id : event.kind));
    // The owner knows more than it could tell: two calls ended, one card was closed, and one call began without a card.
    fake.silently(() => {
      fake.end(over.id);
      fake.open.delete(over.id);
      fake.end(bare.id);
    });
    const begun = fake.silently(() => fake.ring(null));
    expect([house.calls.length, house.bare[0]?.id]).toEqual([2, bare.id]);
    const go = fake.hold('snapshot');
    fake.emit({ kind: 'behind' });
    await settle();
    fake.change(kept.id, { note: 'meanwhile' });
    expect(house.call(kept.id)?.note).toBe('meanwhile');
    go();
    await settle();
    expect(house.calls.map((call) => [call.id, call.note])).toEqual([[kept.id, 'meanwhile']]);
    expect(house.bare.map((call) => call.id)).toEqual([begun.id]);
    expect(heard).toEqual(['call', over.id, 'behind']);
    house.stop();
  });

  it('shows no card where the rule says so, and still knows the call', async () => {
    const fake = new Fake();
    fake.settings.pop = 'incoming';
    const house = new House(fake);
    await house.start();
    const out = fake.ring(ANNA, { direction: 'out' });
    expect([house.calls.length, house.bare[0]?.id]).toEqual([0, out.id]);
    fake.end(out.id);
    expect(house.bare).toEqual([]);
    house.stop();
  });
});

describe('a storm of calls', () => {
  it('asks the owner nothing for each call, and follows its word on whose card is open', async () => {
    const fake = new Fake();
    const house = new House(fake);
    await house.start();
    fake.pops = () => fake.open.size < 12;
    const before = fake.asked.length;
    const ids = Array.from({ length: 200 }, (_, n) => fake.ring(ANNA, { started: n, queue: 'Sales' }).id);
    expect([house.calls.length, house.bare.length]).toEqual([12, 188]);
    for (const id of ids) fake.change(id, { note: 'seen' });
    expect([house.calls.length, house.bare.length]).toEqual([12, 188]);
    await fake.call('close_card', { call: ids[0]! });
    // The owner gives the free place to another one, and may give the card back later.
    fake.change(ids[150]!, { card: true });
    fake.change(ids[0]!, { card: true });
    expect(house.calls.map((call) => call.id)).toEqual([ids[0], ids[150], ...ids.slice(1, 12).reverse()]);
    for (const id of ids) fake.change(id, { state: 'answered_elsewhere', is_over: true, card: false });
    expect([house.calls, house.bare]).toEqual([[], []]);
    expect(fake.asked.slice(before).map((one) => one.name)).toEqual(['close_card']);
    house.stop();
  });
});

describe('what the person is busy with comes first', () => {
  it('in the order of talking, held or called, ringing for them, ringing for a queue, over, each newest first', () => {
    const fake = new Fake();
    const call = (id: string, started: number, change: object) => ({ ...fake.ring(null), id, started, ...change }) as ReturnType<Fake['ring']>;
    const over = { state: 'completed', is_over: true };
    const all = [call('queue', 10, { queue: 'Sales' }), call('over', 9, over), call('late', 8, {}), call('early', 2, {}), call('held', 1, { state: 'held' }), call('dialled', 3, { direction: 'out' }), call('talking', 0, { state: 'answered' })];
    expect(inOrder(all).map((one) => one.id)).toEqual(['talking', 'dialled', 'held', 'late', 'early', 'queue', 'over']);
  });
});

describe('the list of calls', () => {
  it('does not grow over night', async () => {
    const fake = new Fake();
    const house = new House(fake);
    await house.start();
    const calls = new Calls(house);
    await calls.load();
    for (let n = 0; n < 500; n++) {
      const { id } = fake.ring(ANNA, { started: n });
      fake.end(id);
    }
    expect([calls.rows.length, calls.more, calls.rows[0]?.started]).toEqual([50, true, 499]);
    await calls.loadMore();
    expect(new Set(calls.rows.map((row) => row.id)).size).toBe(100);
    // Events were lost: the list is asked for again, from its beginning.
    fake.silently(() => fake.ring(ANNA, { started: 500 }));
    fake.emit({ kind: 'behind' });
    await settle();
    expect([calls.rows.length, calls.rows[0]?.started]).toEqual([50, 500]);
    calls.stop();
    house.stop();
  });

  it('keeps what changed, adds what is new in its place, and pages', async () => {
    const fake = new Fake();
    for (let n = 0; n < 60; n++) fake.ring(ANNA, { id: `c${n}`, started: n, state: 'completed', is_over: true });
    const house = new House(fake);
    await house.start();
    const calls = new Calls(house);
    await calls.load();
    expect([calls.rows.length, calls.more]).toEqual([50, true]);
    fake.change('c59', { note: 'changed' });
    expect(calls.rows[0]?.note).toBe('changed');
    fake.ring(ANNA, { id: 'new', started: 100 });
    expect(calls.rows[0]?.id).toBe('new');
    await calls.loadMore();
    expect([calls.rows.length, calls.more]).toEqual([61, false]);
    expect(new Set(calls.rows.map((row) => row.id)).size).toBe(61);
    calls.stop();
    house.stop();
  });
});

describe('whom a call may be logged on', () => {
  it('is everybody who matched, and whoever is chosen, also when a match has them as another record only', () => {
    const fake = new Fake();
    const call = fake.ring(ANNA);
    const [match] = call.lookup.matches;
    if (!match) throw new Error('Anna is in the fake’s index');
    const other = { ...match.contact, ref: { ...match.contact.ref, connection: 'elsewhere' } };
    const chosen = (contact: typeof other) => ({ ...call, choice: { contact, by: 'person' as const }, lookup: { ...call.lookup, matches: [{ ...match, also: [other] }] } });
    expect(candidates(chosen(match.contact))).toEqual([match.contact]);
    expect(candidates(chosen(other))).toEqual([other, match.contact]);
  });
});
