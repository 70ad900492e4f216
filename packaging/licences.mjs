// Prints the licences of everything that is compiled into the two programs: the crates that the lock names for this system,
// and the packages whose code or font the page holds. Equal texts are printed once, under the names of all who use them.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const PROGRAMS = ['ringside-desktop', 'ringside-cli'];
/** What Vite puts into the page; everything else of the UI's packages is a tool. */
const IN_THE_PAGE = ['svelte', '@tauri-apps/api', '@fontsource-variable/inter'];
const TEXT = /^(licen[cs]e|copying|copyright|notice|unlicense|ofl)/i;

/** The crates that the programs are linked of, ours left out. */
function crates() {
  const host = /host: (.*)/.exec(String(execFileSync('rustc', ['-vV'])))[1];
  const args = ['metadata', '--format-version', '1', '--locked', '--filter-platform', host];
  const metadata = JSON.parse(execFileSync('cargo', args, { cwd: root, maxBuffer: 256 << 20, stdio: ['ignore', 'pipe', 'inherit'] }));
  const packages = new Map(metadata.packages.map((one) => [one.id, one]));
  const nodes = new Map(metadata.resolve.nodes.map((one) => [one.id, one]));
  const linked = new Set();
  const visit = (id) => {
    if (linked.has(id)) return;
    linked.add(id);
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      if (kinds.some(({ kind }) => kind === null)) visit(pkg);
    }
  };
  for (const name of PROGRAMS) visit(metadata.packages.find((one) => one.name === name && one.source === null).id);
  return [...linked]
    .map((id) => packages.get(id))
    .filter(({ source }) => source !== null)
    .map(({ name, version, license, manifest_path: manifest }) => ({ name, version, license: license ?? 'see its text', folder: dirname(manifest) }));
}

function page() {
  return IN_THE_PAGE.map((name) => {
    const folder = join(root, 'ui/node_modules', name);
    if (!existsSync(folder)) throw new Error(`${name} is not installed: ./dev package does that`);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { name, version, license, folder };
  });
}

/** One folder deep, too: what a crate bundles (SQLCipher, ring's C) brings words of its own. */
function licencesIn(folder) {
  const below = readdirSync(folder, { withFileTypes: true });
  const inside = below.filter((one) => one.isDirectory()).map((one) => join(folder, one.name));
  const files = [folder, ...inside].flatMap((one) => readdirSync(one, { withFileTypes: true }).filter((file) => file.isFile()).map((file) => join(one, file.name)));
  return files.filter((file) => TEXT.test(basename(file)) && !/\.(rs|js|ts|json|c|h)$/.test(file)).sort();
}

const byName = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1);
const parts = [...crates(), ...page()].sort(byName);
const texts = new Map();
for (const { name, version, folder } of parts) {
  for (const file of licencesIn(folder)) {
    const text = readFileSync(file, 'utf8').replace(/\r\n/g, '\n').trim();
    const users = texts.get(text) ?? [];
    if (!users.includes(`${name} ${version}`)) users.push(`${name} ${version}`);
    texts.set(text, users);
  }
}

const line = '-'.repeat(100);
const out = ['What is compiled into Ringside, and under which licence.', ''];
out.push(...parts.map(({ name, version, license }) => `${name} ${version}: ${license}`));
for (const [text, users] of texts) out.push('', line, users.join(', '), line, '', text);
process.stdout.write(`${out.join('\n')}\n`);
