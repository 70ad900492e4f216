// `./dev bench`: Ringside with a large address book, measured beside an app with as many empty windows, on a screen, bus
// and keyring of their own. Prints one table, and the reasons for what misses its goal. Runs inside tests/e2e/session.sh.

import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { call, chance, keystrokes, phone } from './desktop/calls.mjs';
import { at, duration, median, mib, ms, seconds, sum, table, times } from './desktop/figures.mjs';
import { Pbx } from './desktop/pbx.mjs';
import { family, isAlone, memory, work, worked } from './desktop/processes.mjs';
import { PROFILE, Program } from './desktop/program.mjs';
import { hotkeys, typing } from './desktop/search.mjs';

const need = (name) => process.env[name] ?? stop(`${name} is not set: run this with ./dev bench`);
const stop = (why) => {
  throw new Error(why);
};

const quick = process.env.RINGSIDE_BENCH_QUICK === '1';
const PEOPLE = Number(process.env.RINGSIDE_BENCH_PEOPLE ?? 100_000);
const CALLS = quick ? 12 : 150;
const HOTKEYS = quick ? 6 : 60;
const STARTS = quick ? 2 : 9;
const ROUNDS = quick ? 1 : 3;
const SETTLED = quick ? 3_000 : 20_000;
const IDLE = quick ? 3_000 : 60_000;

const desktop = need('RINGSIDE_DESKTOP');
const blank = need('RINGSIDE_EMPTY');
const home = join(need('RINGSIDE_SESSION'), 'home');
const numbersFile = join(need('RINGSIDE_SESSION'), 'numbers');
const stagesFile = join(need('RINGSIDE_SESSION'), 'stages.jsonl');
// One locale for all: it decides home and language.
Object.assign(process.env, { LANG: 'en_US.UTF-8', LANGUAGE: 'en_US', RINGSIDE_HOME: home });
delete process.env.LC_ALL;
delete process.env.LC_TELEPHONE;

const rows = [];
/** Details of goals that were missed, and figures worth knowing beside them. */
const misses = [];
const notes = [];

/** One line of the table; `why` explains a miss by what was measured. */
function goal(what, most, measured, { show, beside = '', why = '' }) {
  const met = measured <= most;
  rows.push([what, `≤ ${show(most)}`, show(measured), met ? 'met' : 'MISSED', beside]);
  if (!met) misses.push(`${what}: ${why || beside}`);
}

const say = (text) => console.error(text);

function run(program, args) {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', fail);
    child.once('close', (code) => (code === 0 ? done() : fail(new Error(`${program} ended with ${code}`))));
  });
}

const ringside = (env) => Program.ringside({ desktop, home, env });
const empty = () => Program.empty(blank);

/** Start to ready, one after the other in turns, so that whatever slows this machine down slows both. */
async function starts() {
  const ready = { ringside: [], empty: [] };
  for (let turn = -1; turn < STARTS; turn++) {
    for (const [name, start] of [['ringside', ringside], ['empty', empty]]) {
      const program = await start();
      // The first turn only warms the disk's cache up.
      if (turn >= 0) ready[name].push(program.ready);
      await sleep(500);
      await program.stop();
    }
  }
  const [ours, theirs] = [median(ready.ringside), median(ready.empty)];
  const spread = (values) => `${seconds(Math.min(...values))}…${seconds(Math.max(...values))}`;
  goal('start to ready, against the empty app', 1.3, ours / theirs, {
    show: times,
    beside: `${seconds(ours)} against ${seconds(theirs)}, medians of ${STARTS} each`,
    why: `Ringside needs ${ms(ours - theirs)} more than the empty app's ${ms(theirs)}`,
  });
  notes.push(`starts took ${spread(ready.ringside)} with Ringside, ${spread(ready.empty)} with the empty app`);
}

/** Waits a while for other programs with a WebKit to end. Memory can't be compared while they come and go. */
async function alone() {
  for (let turns = 0; turns < 600; turns++) {
    if (await isAlone()) return;
    if (turns === 0) say('Waiting for other programs with a WebKit to end');
    await sleep(1_000);
  }
  stop('another program with a WebKit runs, and memory cannot be compared beside it: end it and measure again');
}

/** What the programs worked while nothing was asked of them, by thread. */
const idle = {};
const share = (threads) => (sum(threads.map((thread) => thread.ms)) / IDLE) * 100;
const busiest = (threads) => threads.slice(0, 3).map(({ name, ms: took }) => `${name} ${took.toFixed(1)} ms`).join(', ');

/** Memory and idling, with the windows hidden. */
async function rest() {
  const found = { ringside: [], empty: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, start] of [['ringside', ringside], ['empty', empty]]) {
      await alone();
      const program = await start();
      await sleep(SETTLED - program.ready);
      const ours = await family(program.pid);
      if (!(await isAlone(ours))) stop('another program with a WebKit was started meanwhile: measure again');
      found[name].push(await memory(ours));
      if (round === 0) {
        const before = await work(await family(program.pid));
        await sleep(IDLE);
        idle[name] = worked(before, await work(await family(program.pid)));
      }
      await program.stop();
    }
  }
  const total = (sizes) => sum(sizes.map(({ bytes }) => bytes));
  const middle = (all) => all.toSorted((a, b) => total(a) - total(b))[Math.floor(all.length / 2)];
  const parts = (sizes) => sizes.map(({ name, bytes }) => `${name} ${mib(bytes)}`).join(', ');
  const [ours, theirs] = [middle(found.ringside), middle(found.empty)];
  goal('memory of all processes (PSS), against the empty app', 1.25, total(ours) / total(theirs), {
    show: times,
    beside: `${mib(total(ours))} against ${mib(total(theirs))}, ${SETTLED / 1000} s after the start`,
    why: `${parts(ours)}; the empty app ${parts(theirs)}`,
  });
  notes.push(`memory: ${parts(ours)}; the empty app: ${parts(theirs)}`);
  goal('idling without sources, beyond the empty app', 0.1, share(idle.ringside) - share(idle.empty), {
    show: (value) => `${value.toFixed(3)} %`,
    beside: `${share(idle.ringside).toFixed(3)} % against ${share(idle.empty).toFixed(3)} % of one core, ${IDLE / 1000} s`,
    why: `busiest threads in ${IDLE / 1000} s: ${busiest(idle.ringside)}; in the empty app: ${busiest(idle.empty)}`,
  });
  notes.push(`busiest while idle for ${IDLE / 1000} s: ${busiest(idle.ringside)}; in the empty app: ${busiest(idle.empty)}`);
}

async function calls() {
  const numbers = (await readFile(numbersFile, 'utf8')).split('\n');
  const pick = chance(20_260_401);
  const program = await ringside({ RINGSIDE_STAGES: stagesFile });
  const { owner } = program;
  await owner.ask('subscribe');
  const report = await phone(owner);
  await sleep(2_000);
  const ring = (turn) => {
    const number = numbers[pick(numbers.length)];
    // As SIP phones and as trunks write it.
    const wire = turn % 2 ? `sip:${number}@pbx.example;user=phone` : number;
    return call({ owner, report, file: stagesFile, number: wire, key: `bench-${turn}`, pause: 250 + pick(250) });
  };
  const first = await ring(0);
  const measured = [];
  for (let turn = 1; turn <= CALLS; turn++) measured.push(await ring(turn));
  if (measured.some(({ named }) => !named)) misses.push('a card of a known caller was painted without the name');
  const of = (stage) => measured.map((one) => one[stage]);
  const [p50, p95] = [at(0.5, of('painted')), at(0.95, of('painted'))];
  const way = ['told', 'sent', 'shown', 'painted'].map((stage) => `${stage} ${ms(at(0.5, of(stage)))} / ${ms(at(0.95, of(stage)))}`);
  goal('event at the intake → card with the name painted, p95', 100, p95, {
    show: ms,
    beside: `p50 ${ms(p50)}, worst ${ms(Math.max(...of('painted')))}, ${CALLS} calls of ${PEOPLE.toLocaleString('en')} people`,
    why: `stages since the event, p50 / p95: ${way.join(', ')}`,
  });
  notes.push(`from event to card, p50 / p95: ${way.join(', ')}`);
  notes.push(`the first call after the start: painted after ${ms(first.painted)}; a phone has its answer after p95 ${ms(at(0.95, of('answered')))}`);
  const people = ['Katharina Fischer', 'Jürgen', 'Xenia Zoe', 'Ledger & Lamp', 'Peter Olga Xu', '(415) 555-01'];
  const typed = await keystrokes(owner, people);
  notes.push(`name search over the owner's socket, ${typed.length} keystrokes: p50 ${ms(at(0.5, typed))}, p95 ${ms(at(0.95, typed))}`);
  const used = sum((await memory(await family(program.pid))).map(({ bytes }) => bytes));
  notes.push(`memory right after these ${CALLS + 1} calls and searches: ${mib(used)}`);
  await program.stop();
}

/** The search window, by its hotkey and its keys. */
async function searchWindow() {
  const program = await ringside({ RINGSIDE_STAGES: stagesFile });
  await sleep(2_000);
  const pick = chance(20_260_403);
  const opened = await hotkeys(stagesFile, HOTKEYS, () => pick(100));
  const both = (values) => `${ms(at(0.5, values))} / ${ms(at(0.95, values))}`;
  const stage = (name) => opened.map((one) => one[name]);
  const way = ['sent', 'shown', 'painted'].map((name) => `${name} ${both(stage(name))}`).join(', ');
  goal('search hotkey → window visible with the caret in it, p95', 50, at(0.95, stage('painted')), {
    show: ms,
    beside: `p50 ${ms(at(0.5, stage('painted')))}, worst ${ms(Math.max(...stage('painted')))}, n ${opened.length}`,
    why: `stages since the hotkey was heard, p50 / p95: ${way}`,
  });
  notes.push(`from hotkey to caret, since it was heard, p50 / p95: ${way}`);
  notes.push(`from the key on the X server to the same caret, p50 / p95: ${both(stage('pressed'))}: the hotkey library looks for keys every 50 ms`);
  const names = ['Katharina Fischer', 'Jurgen', 'Xenia Zoe', 'Ledger & Lamp', 'Peter Olga Xu', '(415) 555-01'];
  const { answered, painted } = await typing(stagesFile, quick ? names.slice(0, 2) : [...names, ...names]);
  const steps = `answered ${both(answered)}, painted ${both(painted)}`;
  goal('keystroke in the search window → its rows painted, p95', 16, at(0.95, painted), {
    show: ms,
    beside: `p50 ${ms(at(0.5, painted))}, worst ${ms(Math.max(...painted))}, n ${painted.length} of ${PEOPLE.toLocaleString('en')} people`,
    why: `p50 / p95: ${steps}; a frame comes every 16.7 ms`,
  });
  notes.push(`a keystroke in the search window, p50 / p95: ${steps} (the page's clock counts whole milliseconds)`);
  await program.stop();
}

/** When a call was painted, on the wall clock: as soon as the file of stages says so, which is a little late. */
function painted() {
  const seen = new Map();
  const watcher = watch(stagesFile, async () => {
    const now = Date.now();
    const text = await readFile(stagesFile, 'utf8');
    for (const [, call] of text.matchAll(/"call":"([^"]+)","stage":"painted"/g)) if (!seen.has(call)) seen.set(call, now);
  });
  const of = async (call) => {
    for (const patience = performance.now() + 10_000; performance.now() < patience; await sleep(10)) {
      if (seen.has(call)) return seen.get(call);
    }
    return stop('a card of a call on the PBX was not painted within 10 s');
  };
  return { of, close: () => watcher.close() };
}

/** A phone on a PBX: what it costs to listen, and how long it takes from the INVITE on the wire to the card. */
async function phoneOnPbx() {
  const numbers = (await readFile(numbersFile, 'utf8')).split('\n');
  const pick = chance(20_260_402);
  const pbx = await Pbx.start();
  const program = await ringside({ RINGSIDE_STAGES: stagesFile });
  const { owner } = program;
  await owner.ask('subscribe');
  await owner.ask('add_phone', { name: 'Bench PBX', trusted: false, ...pbx.line });
  await sleep(SETTLED);
  const before = await work(await family(program.pid));
  await sleep(IDLE);
  const busy = worked(before, await work(await family(program.pid)));
  const extra = share(busy) - share(idle.ringside);
  goal('idling with a phone on a PBX, beyond without', 0.2, extra, {
    show: (value) => `${value.toFixed(3)} %`,
    beside: `${share(busy).toFixed(3)} % against ${share(idle.ringside).toFixed(3)} % of one core, ${IDLE / 1000} s`,
    why: `busiest threads in ${IDLE / 1000} s: ${busiest(busy)}; without: ${busiest(idle.ringside)}`,
  });

  const cards = painted();
  const measured = [];
  for (let turn = 0; turn <= CALLS; turn++) {
    const began = owner.next('the call on the PBX', ({ kind, call }) => kind === 'call' && !call.is_over);
    const ended = owner.next('its end', ({ kind, call }) => kind === 'call' && call.is_over);
    const invited = pbx.rings(numbers[pick(numbers.length)], 600);
    const { call: first } = await began;
    const seen = await cards.of(first.id);
    // The first one warms everything up.
    if (turn > 0) measured.push({ took: seen - (await invited), named: first.lookup.matches.length > 0 });
    await ended;
    await owner.ask('close_card', { call: first.id });
    await sleep(200 + pick(200));
  }
  cards.close();
  if (measured.some(({ named }) => !named)) misses.push('a card of a known caller on the PBX was painted without the name');
  const took = measured.map((one) => one.took);
  goal('INVITE at the PBX → card with the name painted, p95', 120, at(0.95, took), {
    show: ms,
    beside: `p50 ${ms(at(0.5, took))}, worst ${ms(Math.max(...took))}, ${CALLS} calls of ${PEOPLE.toLocaleString('en')} people`,
  });
  await owner.ask('remove_phone', { name: 'Bench PBX' });
  await program.stop();
  await pbx.stop();
}

/** Percentiles that benches/benches/store.rs printed. */
async function index() {
  const text = await readFile(need('RINGSIDE_STORE_FIGURES'), 'utf8');
  const lines = [...text.matchAll(/^(find|search), (.+?) +n +(\d+) +p50 +(\S+) +p95 +(\S+) +p99 +(\S+) +max +(\S+)$/gm)];
  const read = lines.map(([, kind, what, count, ...figures]) => ({ kind, what, count, figures: figures.map(duration) }));
  const find = read.find(({ kind }) => kind === 'find') ?? stop('the store bench printed no lookup');
  goal('index lookup of a number, p99', 2, find.figures[2], {
    show: ms,
    beside: `p50 ${ms(find.figures[0])}, ${find.what}`,
  });
  const worst = read.filter(({ kind }) => kind === 'search').sort((a, b) => b.figures[1] - a.figures[1])[0];
  goal('name search, one keystroke, p95 of the slowest kind', 16, worst?.figures[1] ?? stop('the store bench printed no search'), {
    show: ms,
    beside: `${worst.what}: p50 ${ms(worst.figures[0])}, n ${worst.count}`,
  });
  const imported = /^\d+ people, imported in (\S+), opened again in (\S+)$/m.exec(text);
  if (imported) notes.push(`an encrypted file with them was filled in ${imported[1]} and opened again in ${imported[2]}`);
}

async function size() {
  const { size: bytes } = await stat(desktop);
  goal('size of the program', 20, bytes / 1e6, { show: (value) => `${value.toFixed(1)} MB`, beside: 'ringside-desktop, stripped' });
}

async function machine() {
  const [processor] = cpus();
  return [
    `processor  ${processor.model.trim()}, ${cpus().length} cores`,
    `memory     ${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    `kernel     Linux ${release()}, virtual screen (Xvfb), openbox`,
    `date       ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `commit     ${process.env.RINGSIDE_COMMIT || 'unknown'}`,
    `load       ${loadavg().map((load) => load.toFixed(2)).join(' ')} before`,
  ];
}

const head = await machine();
say(`Filling an address book with ${PEOPLE.toLocaleString('en')} people`);
await run(need('RINGSIDE_SEED'), [PROFILE, String(PEOPLE), numbersFile]);
say('Starting both programs in turns');
await starts();
say('Leaving both alone');
await rest();
say('Ringing');
await calls();
say('Searching');
await searchWindow();
say('Ringing on a PBX');
await phoneOnPbx();
await index();
await size();
await rm(home, { recursive: true, force: true });

const order = ['event', 'INVITE', 'search', 'keystroke', 'index', 'name', 'start', 'memory', 'size', 'idling'];
rows.sort((a, b) => order.indexOf(a[0].split(' ')[0]) - order.indexOf(b[0].split(' ')[0]));
console.log(`\n${head.join('\n')}\n`);
if (quick) console.log('RINGSIDE_BENCH_QUICK is set: this only shows that the bench runs. Its figures mean nothing.\n');
console.log(table(['what', 'goal', 'measured', '', ''], rows));
console.log(misses.length ? `\nMissed:\n${misses.map((miss) => `- ${miss}`).join('\n')}` : '\nEvery goal is met.');
console.log(`\nBeside:\n${notes.map((note) => `- ${note}`).join('\n')}`);
