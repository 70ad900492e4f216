import { describe, expect, it, vi } from 'vitest';
import { noLog } from '../src/backend/fake/fake';
import { ANNA, asked, get, INITECH, maybe, press, settle, start, STRANGER, told } from './help';

describe('several calls', () => {
  it('puts the newest on top and the others below as strips', async () => {
    const { fake } = await start('card');
    const first = fake.ring(ANNA);
    await settle();
    fake.ring(null);
    await settle();
    expect(get('card-name').textContent).toBe('Number withheld');
    expect(get('card-strip').textContent).toContain('Anna Meier');
    await press('card-strip');
    expect(get('card').dataset.call).toBe(first.id);
  });

  it('keeps the call that is talked on in front, and the one that waits below it', async () => {
    const { fake } = await start('card');
    const talking = fake.ring(ANNA);
    fake.answer(talking.id);
    await settle();
    const waiting = fake.ring(STRANGER);
    await settle();
    expect(get('card').dataset.call).toBe(talking.id);
    expect(get('card-strip').dataset.call).toBe(waiting.id);
    expect(get('card-strip').textContent).toContain('Incoming');
    // Taken: the first one is held, and the one that is talked on comes up.
    fake.change(talking.id, { state: 'held' });
    fake.answer(waiting.id);
    await settle();
    expect(get('card').dataset.call).toBe(waiting.id);
    fake.end(waiting.id);
    await settle();
    expect(get('card').dataset.call).toBe(talking.id);
  });

  it('keeps a call for the person alone before the calls of a queue', async () => {
    const { fake } = await start('card');
    const own = fake.ring(ANNA);
    fake.ring(STRANGER, { queue: 'Sales', started: Date.now() + 1000 });
    await settle();
    expect(get('card').dataset.call).toBe(own.id);
    expect(get('card-strip').textContent).toContain('via Sales');
    expect(get('card-strip').textContent).toMatch(/Incoming.*via Sales/);
  });

  it('leaves the card where it is when its call ends while somebody types', async () => {
    const { fake, user } = await start('card');
    const talking = fake.ring(ANNA);
    fake.answer(talking.id);
    fake.ring(STRANGER);
    await settle();
    await user.keyboard('n');
    await settle();
    await user.keyboard('half a sen');
    fake.end(talking.id);
    await settle();
    expect(get('card').dataset.call).toBe(talking.id);
    expect(document.activeElement).toBe(get('note'));
  });

  it('lets go of the keyboard with the log: the next call comes up, and its keys are not typed into the old note', async () => {
    const { fake, user } = await start('card');
    const first = fake.ring(ANNA);
    fake.answer(first.id);
    await settle();
    await user.keyboard('n');
    await settle();
    await user.keyboard('Wants a quote');
    fake.end(first.id);
    await settle();
    await user.keyboard('{Control>}{Enter}{/Control}');
    await settle();
    expect(asked(fake, 'log')).toHaveLength(1);
    const next = fake.ring(STRANGER);
    await settle();
    expect(get('card').dataset.call).toBe(next.id);
    await user.keyboard('s');
    await settle();
    expect(told(fake, 'open_search')).toMatchObject([{ call: next.id }]);
  });

  it('shows three others at most, and leads to the list for the rest', async () => {
    const { fake } = await start('card');
    for (let n = 0; n < 6; n++) fake.ring(STRANGER);
    await settle();
    expect(document.querySelectorAll('[data-testid=card-strip]')).toHaveLength(3);
    expect(get('card-more').textContent).toBe('+2 more calls. Show all');
    await press('card-more');
    expect(told(fake, 'open_main')).toHaveLength(1);
    fake.end(fake.calls[0]!.id);
    fake.end(fake.calls[1]!.id);
    await press('btn-dismiss');
    expect(get('card-more').textContent).toBe('+1 more call. Show all');
  });

  it('stays alive in a storm: 200 calls of three events each, every card open', async () => {
    const frames: FrameRequestCallback[] = [];
    vi.spyOn(window, 'requestAnimationFrame').mockImplementation((frame) => frames.push(frame));
    const { fake, unmount } = await start('card');
    const own = fake.ring(ANNA);
    fake.answer(own.id);
    await settle();
    const asked = fake.asked.length;
    const calls = Array.from({ length: 200 }, () => fake.ring(STRANGER, { queue: 'Sales' }));
    await settle();
    for (const call of calls) fake.change(call.id, { lookup: { ...call.lookup, running: true } });
    await settle();
    expect(get('card').dataset.call).toBe(own.id);
    expect(document.querySelectorAll('[data-testid=card-strip]')).toHaveLength(3);
    expect(get('card-more').textContent).toContain('+197');
    for (const call of calls) fake.change(call.id, { state: 'answered_elsewhere', is_over: true, ended: Date.now() });
    await settle();
    // Nothing is asked, drawn or measured for each of them.
    expect(fake.asked.slice(asked)).toEqual([]);
    while (frames.length > 0) frames.splice(0).forEach((frame) => frame(0));
    expect(told(fake, 'painted').length).toBeLessThanOrEqual(4);
    expect(get('card').dataset.call).toBe(own.id);
    for (const call of calls) await fake.call('close_card', { call: call.id });
    await settle();
    expect(document.querySelectorAll('[data-testid=card-strip]')).toHaveLength(0);
    expect(maybe('card-more')).toBeNull();
    unmount();
  });

  it('does not take the card away from under typing hands', async () => {
    const { fake, user } = await start('card');
    const first = fake.ring(ANNA);
    await settle();
    await user.keyboard('n');
    await settle();
    await user.keyboard('half a sen');
    fake.ring(null);
    await settle();
    expect(get('card').dataset.call).toBe(first.id);
    expect(document.activeElement).toBe(get('note'));
    expect(get('card-strip').textContent).toContain('Number withheld');
  });

  it('does not bring back a closed card when its log is delivered late', async () => {
    const { fake } = await start('card');
    const call = fake.ring(ANNA);
    await settle();
    await press('btn-dismiss');
    fake.end(call.id);
    fake.change(call.id, { log: { ...noLog(), state: 'logged' } });
    await settle();
    expect(maybe('card')).toBeNull();
  });

  it('closes what was answered elsewhere, and keeps what needs a note until it was seen', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const { fake } = await start('card');
    const talked = fake.ring(ANNA);
    fake.answer(talked.id);
    const elsewhere = fake.ring(INITECH);
    fake.ring(null);
    await settle();
    fake.end(talked.id);
    fake.change(elsewhere.id, { state: 'answered_elsewhere', is_over: true });
    await settle();
    await vi.advanceTimersByTimeAsync(3500);
    expect(asked(fake, 'close_card')).toEqual([{ call: elsewhere.id }]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked(fake, 'close_card')).toHaveLength(1);
    await press('card-strip');
    await settle();
    expect(get('closing').textContent).toContain('Closes in 30 s');
    await vi.advanceTimersByTimeAsync(31_000);
    expect(asked(fake, 'close_card').at(-1)).toEqual({ call: talked.id });
    vi.useRealTimers();
  });

  it('stays open when told to', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const { fake } = await start('card');
    fake.end(fake.ring(ANNA).id);
    await settle();
    await press('btn-keep-open');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked(fake, 'close_card')).toEqual([]);
    expect(maybe('closing')).toBeNull();
    vi.useRealTimers();
  });

  it('saves the note when the window loses the person', async () => {
    const { fake, user } = await start('card');
    fake.answer(fake.ring(ANNA).id);
    await settle();
    await user.keyboard('n');
    await settle();
    await user.keyboard('half');
    const before = asked(fake, 'note').length;
    window.dispatchEvent(new Event('blur'));
    await settle();
    expect(asked(fake, 'note').length).toBe(before + 1);
    expect(fake.calls[0]?.note).toBe('half');
  });

  it('drops a card that the owner did not open', async () => {
    const { fake } = await start('card');
    fake.pops = () => false;
    fake.ring(ANNA);
    await settle();
    expect(maybe('card')).toBeNull();
  });
});
