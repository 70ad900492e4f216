// `./dev bench peer`: lookups by Ringside and by the real App Connect server, side by side: the same CRM, the same numbers, in
// turns. Prints one table, and whether Ringside meets its goals.
//
// The CRM takes 50 ms for every answer and compares numbers exactly. Before each lookup it has been quiet for a second: its limit
// is hit by one call's requests alone, never by the bench's own pace. Ringside's manifest knows the limit, where there is one. A
// lookup counts as answered when the caller was in the answer; its time is what the person waits for all that it found.

import { readFile } from 'node:fs/promises';
import { cpus, loadavg, release } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { at, median, mib, ms, table } from '../desktop/figures.mjs';
import { memory } from '../desktop/processes.mjs';
import { CASES, caller, nameOf, other, stranger } from './cases.mjs';
import { appConnect, control, ringside, roundTrip } from './sides.mjs';

const quick = process.env.RINGSIDE_BENCH_QUICK === '1';
const DELAY = 50;
const LIMIT = 10;
const WARM = quick ? 1 : 8;
const LOOKUPS = quick ? 2 : 40;
/** First lookups of a Ringside that has learned nothing; and callers whom nobody knows. */
const FIRST = quick ? 1 : 7;
const SLACK = 15;
const REQUESTS_A_TYPE = 2;

const binary = process.env.RINGSIDE_PEER;
const say = (text) => process.stderr.write(`${text}\n`);
const missed = [];
const rows = [];
/** What those said who did not find the caller. */
const unanswered = [];
const head = [
  `processor  ${cpus()[0].model.trim()}, ${cpus().length} cores`,
  `kernel     Linux ${release()}, all on the loopback`,
  `date       ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
  `load       ${loadavg().map((load) => load.toFixed(2)).join(' ')} before`,
  `lookups    ${LOOKUPS} each, ${WARM} before them not counted; the CRM takes ${DELAY} ms`,
];

/** What one side did in one case. */
class Record {
  answered = [];
  asked = 0;
  requests = [];
  twice = 0;

  /** `name`: who it should be. */
  add({ ms: took, people, why }, requests, name) {
    this.asked += 1;
    this.requests.push(requests);
    const keys = people.map(({ type, id }) => `${type}/${id}`);
    this.twice += keys.length - new Set(keys).size;
    // A lookup that failed was quick, perhaps; nobody was helped by it.
    if (people.some((person) => person.name === name)) this.answered.push(took);
    else this.why ??= people.length ? 'somebody else' : why;
  }

  row(scenario, side) {
    const { answered, asked, requests, twice } = this;
    const time = (share) => (answered.length ? ms(at(share, answered)) : '-');
    return [scenario, side, time(0.5), time(0.95), String(median(requests)), `${answered.length} of ${asked}`, String(twice)];
  }
}

/** One lookup of one caller, with the requests that the CRM got for it. */
async function one(crm, lookup, number, record, name) {
  await control(crm, { reset: true });
  const found = await lookup(number);
  const { requests } = await control(crm, { reset: true });
  record?.add(found, requests, name);
}

async function measure(peer, example, limited) {
  const { name, style, types, people, requestsAType = REQUESTS_A_TYPE } = example;
  const scenario = limited ? `${name}, CRM limited to ${LIMIT}/s` : name;
  say(scenario);
  // Signing in and warming up are not what is measured.
  await control(peer.crm, { people, delay: DELAY, perSecond: null, reset: true });
  const sides = [
    { side: 'App Connect, one after another', lookup: (number) => peer.lookup(style, number) },
    { side: 'App Connect, all at once', lookup: (number) => peer.lookup(`${style}AtOnce`, number) },
  ];
  const ours = binary ? programs(peer.crm, types, limited) : [];
  sides.push(...ours);
  for (const side of sides) side.record = new Record();
  for (let turn = 0; turn < WARM; turn += 1) {
    for (const number of types.length > 1 ? [caller(turn), other(turn)] : [caller(turn)]) {
      for (const { lookup } of sides) await one(peer.crm, lookup, number);
    }
  }
  if (limited) await control(peer.crm, { perSecond: LIMIT });
  const trips = [];
  for (let turn = 0; turn < LOOKUPS; turn += 1) {
    // The CRM's own count is reset; Ringside keeps to the limit by its own clock.
    if (limited) await sleep(1000);
    await control(peer.crm, { reset: true });
    trips.push(await roundTrip(peer.crm));
    for (const { lookup, record } of sides) await one(peer.crm, lookup, caller(WARM + turn), record, nameOf(WARM + turn));
  }
  for (const { side, record } of sides) {
    rows.push(record.row(scenario, side));
    if (record.why) unanswered.push(`${scenario}, ${side}: "${record.why}"`);
  }
  // With a CRM that never says no, the peer finds everybody. If not, it is not the peer that failed.
  const broken = sides.find(({ record, pid }) => !pid && !limited && record.answered.length < record.asked);
  if (broken) throw new Error(`${scenario}: ${broken.side} did not find every caller`);
  if (!binary) return;
  const nobody = await strangers(peer.crm, ours[0].lookup, limited);
  rows.push(nobody.row(scenario, 'Ringside, a caller whom nobody knows'));
  const first = await firsts(peer.crm, types, limited);
  rows.push(first.row(scenario, 'Ringside, its very first lookup'));
  for (const { side, record } of ours) judge(`${scenario}: ${side}`, requestsAType * types.length, record, median(trips));
  judgeAlways(`${scenario}: a caller whom nobody knows`, nobody);
  judgeAlways(`${scenario}: its very first lookup`, first);
  for (const { pid, stop } of ours) {
    memories.ours = Math.max(memories.ours, await size(pid));
    await stop();
  }
}

/** Ringside as it is used, and on a CRM that can be asked for many forms in one request. */
const programs = (crm, types, limited) => [
  { side: 'Ringside', ...ringside(binary, crm, { types, limit: limited ? LIMIT : 0 }) },
  { side: 'Ringside, many forms a request', ...ringside(binary, crm, { types, limit: limited ? LIMIT : 0, manifest: 'many.toml' }) },
];

/** First lookups of as many Ringsides that have learned nothing. */
async function firsts(crm, types, limited) {
  const record = new Record();
  for (let turn = 0; turn < FIRST; turn += 1) {
    const { lookup, stop } = ringside(binary, crm, { types, limit: limited ? LIMIT : 0 });
    await one(crm, lookup, caller(turn), record, nameOf(turn));
    await stop();
  }
  return record;
}

/** A stranger is nobody only after every way of writing their number was asked for: answered means that nobody was shown. */
async function strangers(crm, lookup, limited) {
  const record = new Record();
  for (let turn = 0; turn < FIRST; turn += 1) {
    if (limited) await sleep(3000);
    await one(crm, async (number) => {
      const { ms: took, people, why } = await lookup(number);
      const nobody = why === 'NotFound' && !people.length ? [{ type: 'nobody', id: turn, name: 'nobody' }] : [];
      return { ms: took, people: nobody, why };
    }, stranger(turn), record, 'nobody');
  }
  return record;
}

function judge(who, mostRequests, record, trip) {
  judgeAlways(who, record);
  // Two lookups say nothing about time, nor are the forms learned after one.
  if (quick) return;
  const time = at(0.5, record.answered.length ? record.answered : [Infinity]);
  goal(time <= trip + SLACK, `${who}: median ${ms(time)}, the goal is a round trip (${ms(trip)}) plus ${SLACK} ms`);
  const most = Math.max(...record.requests);
  goal(most <= mostRequests, `${who}: ${most} requests, the goal is ${mostRequests} once the forms are learned`);
}

function judgeAlways(who, { twice, asked, answered }) {
  goal(twice === 0, `${who}: ${twice} people shown twice`);
  goal(answered.length === asked, `${who}: ${asked - answered.length} lookups without the caller`);
}

const goal = (met, what) => met || missed.push(what);

const memories = { ours: 0 };
const size = async (pid) => {
  const name = (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();
  const [{ bytes }] = await memory([{ pid, name }]);
  return bytes;
};

say('Starting the App Connect server');
const peer = await appConnect();
memories.ready = await size(peer.pid);
for (const limited of [false, true]) for (const example of CASES) await measure(peer, example, limited);
memories.theirs = await size(peer.pid);
await peer.stop();

console.log(`\n${head.join('\n')}\n`);
if (quick) console.log('RINGSIDE_BENCH_QUICK is set: this only shows that the bench runs. Its figures mean nothing.\n');
console.log(table(['the caller is looked up', 'by', 'median', 'p95', 'requests', 'answered', 'people twice'], rows));
if (unanswered.length) console.log(`\nInstead of the caller:\n${unanswered.map((said) => `- ${said}`).join('\n')}`);
console.log(`\nMemory (PSS): the App Connect server ${mib(memories.ready)} when ready, ${mib(memories.theirs)} at the end`);
if (binary) console.log(`Ringside's lookup alone, without its window: at most ${mib(memories.ours)}`);
else console.log('RINGSIDE_PEER is not set: Ringside itself was not measured.');
console.log(`\nGoals for Ringside: a round trip to the CRM plus at most ${SLACK} ms; at most ${REQUESTS_A_TYPE} requests a contact type once the forms
are learned, where a CRM has a habit; nobody twice; every caller found.\n`);
if (binary) console.log(missed.length ? `Missed:\n${missed.map((miss) => `- ${miss}`).join('\n')}` : 'Every goal is met.');
process.exitCode = missed.length ? 1 : 0;
