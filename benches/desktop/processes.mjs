// What the kernel says about a program and everything that it started.

import { readFile, readdir } from 'node:fs/promises';

/** @returns {Promise<{ pid: number, name: string, parent: number }[]>}  whatever runs */
async function everybody() {
  const all = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => undefined);
    if (!stat) continue;
    // The name stands in brackets and may hold anything.
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state !== 'Z') all.push({ pid: Number(entry), name, parent: Number(parent) });
  }
  return all;
}

/** Whether no browser or other such program runs beside this family: it shares its libraries' pages, and each then counts for less. */
export async function isAlone(family = []) {
  const ours = new Set(family.map(({ pid }) => pid));
  return !(await everybody()).some(({ pid, name }) => /^WebKit(WebPro|Netwo)/.test(name) && !ours.has(pid));
}

/** @returns {Promise<{ pid: number, name: string, parent: number }[]>}  the process and its descendants */
export async function family(root) {
  const all = await everybody();
  const found = all.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid));
  return found;
}

/** Proportional set size in bytes, by process. Pages that several share are counted in parts. */
export async function memory(processes) {
  const sizes = [];
  for (const { pid, name } of processes) {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch((error) => {
      if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
      throw new Error('only root may look into the memory of a program that forbids it to others, as Ringside does');
    });
    sizes.push({ name, bytes: Number(/^Pss:\s+(\d+) kB$/m.exec(text)[1]) * 1024 });
  }
  return sizes;
}

/** Milliseconds that every thread has been on a processor so far, by thread; the key is `process/thread`. */
export async function work(processes) {
  const times = new Map();
  for (const { pid, name } of processes) {
    for (const task of await readdir(`/proc/${pid}/task`).catch(() => [])) {
      const text = await readFile(`/proc/${pid}/task/${task}/schedstat`, 'utf8').catch(() => undefined);
      if (text === undefined) continue;
      const thread = await readFile(`/proc/${pid}/task/${task}/comm`, 'utf8').catch(() => '?');
      times.set(`${pid}/${task}`, { name: `${name}/${thread.trim()}`, ms: Number(text.split(' ')[0]) / 1e6 });
    }
  }
  return times;
}

/** What was worked between two readings of `work`, busiest thread first. */
export function worked(before, after) {
  return [...after]
    .map(([key, { name, ms }]) => ({ name, ms: ms - (before.get(key)?.ms ?? 0) }))
    .sort((a, b) => b.ms - a.ms);
}
