// Calls reported to the intake over HTTP, as a phone does, and searches asked over the socket.

import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** The same callers, in the same order, at every run: xorshift. */
export function chance(seed) {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Makes a phone of Ringside's and gives the way to report its calls. */
export async function phone(owner) {
  const { recipes } = await owner.ask('add_phone', { name: 'Bench', trusted: false });
  const url = recipes.map(({ text }) => /http:\/\/127\.0\.0\.1:\d+\/v1\/call\/[\w-]+/.exec(text)?.[0]).find(Boolean);
  if (!url) throw new Error('no recipe of the new phone holds its address');
  return (report) => post(url, JSON.stringify(report));
}

/** Posts without the headers of a browser, which the intake refuses; gives the milliseconds until the answer. */
function post(url, body) {
  const began = performance.now();
  return new Promise((done, fail) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const sent = request(url, { method: 'POST', headers, agent: false }, (answer) => {
      answer.resume();
      answer.once('end', () => {
        if (answer.statusCode === 204) done(performance.now() - began);
        else fail(new Error(`the intake answered ${answer.statusCode}`));
      });
    });
    sent.once('error', fail);
    sent.end(body);
  });
}

/** Waits for the stages of one call, in milliseconds since its event. */
async function stages(file, call) {
  for (const patience = performance.now() + 10_000; performance.now() < patience; await sleep(15)) {
    const text = await readFile(file, 'utf8').catch(() => '');
    // The last line may be half written.
    const lines = text.split('\n').slice(0, -1).filter((line) => line.includes(call));
    const found = Object.fromEntries(lines.map((line) => JSON.parse(line)).map(({ stage, us }) => [stage, us / 1000]));
    if (found.painted !== undefined) return found;
  }
  throw new Error('a card was not painted within 10 s');
}

/** One call of a known person, from its event to its painted card, and its end. */
export async function call({ owner, report, file, number, key, pause }) {
  const [remote, event] = [number, 'ringing'];
  const began = owner.next('the call', ({ kind, call }) => kind === 'call' && !call.is_over);
  const answered = await report({ event, remote, call: key, direction: 'in' });
  const { call: first } = await began;
  const found = await stages(file, first.id);
  // The first thing that the windows hear of the call has the name in it: that is what was painted.
  const named = first.lookup.matches.length > 0;
  await report({ event: 'ended', call: key });
  await owner.ask('close_card', { call: first.id });
  await sleep(pause);
  return { ...found, answered, named };
}

/** Types names letter by letter; gives the milliseconds from each question to its answer. */
export async function keystrokes(owner, names) {
  const took = [];
  for (const name of names) {
    for (let letters = 1; letters <= name.length; letters++) {
      const began = performance.now();
      await owner.ask('search', { text: name.slice(0, letters), types: [], limit: 20 });
      took.push(performance.now() - began);
    }
  }
  return took;
}
