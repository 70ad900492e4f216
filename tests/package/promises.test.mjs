// What a package promises and a workflow may do, where nothing else would fail if it slipped.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const read = (path) => readFileSync(join(root, path), 'utf8');
const desktop = read('packaging/app.ringside.desktop.desktop');
const value = (key) => new RegExp(`^${key}=(.*)$`, 'm').exec(desktop)?.[1];

test('the desktop file opens ringside: and nothing else', () => {
  assert.equal(value('MimeType'), 'x-scheme-handler/ringside;');
  assert.equal(value('Exec'), 'ringside-desktop %u');
  assert.equal(value('TryExec'), 'ringside-desktop');
});

test('all of its words are there in German too', () => {
  for (const [, key] of desktop.matchAll(/^(GenericName|Comment|Keywords)=/gm)) {
    assert.match(desktop, new RegExp(`^${key}\\[de\\]=.`, 'm'), key);
  }
});

test('desktop file, metadata and app agree on what the app is called', () => {
  const { identifier } = JSON.parse(read('tauri.conf.json'));
  const metadata = read(`packaging/${identifier}.metainfo.xml`);
  assert.ok(metadata.includes(`<id>${identifier}</id>`));
  assert.ok(metadata.includes(`<launchable type="desktop-id">${identifier}.desktop</launchable>`));
  assert.equal(metadata.split('<p>').length, metadata.split('<p xml:lang="de">').length);
  assert.equal(metadata.split('<li>').length, metadata.split('<li xml:lang="de">').length);
});

test('nothing updates itself', () => {
  const { bundle, plugins = {} } = JSON.parse(read('tauri.conf.json'));
  assert.equal(bundle.createUpdaterArtifacts, false);
  assert.equal(plugins.updater, undefined);
  assert.doesNotMatch(read('Cargo.lock'), /name = "tauri-plugin-updater"/);
});

test('every action is pinned by its commit, one for each, and no workflow has a secret', () => {
  const pins = new Map();
  for (const file of readdirSync(join(root, '.github/workflows'))) {
    const text = read(`.github/workflows/${file}`);
    for (const [line, uses] of text.matchAll(/^.*\buses: *(.*)$/gm)) {
      const pin = /^([\w-]+\/[\w-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+$/.exec(uses);
      assert.ok(pin, `${file}: ${line.trim()}`);
      assert.equal(pins.get(pin[1]) ?? uses, uses, `${pin[1]} is pinned twice`);
      pins.set(pin[1], uses);
    }
    assert.doesNotMatch(text, /secrets\./, `${file} reads a secret`);
    assert.doesNotMatch(text, /pull_request_target|workflow_run/, `${file} runs strangers' code with rights`);
    assert.match(text, /^permissions:\n {2}contents: read$/m, `${file} may more than read`);
    // What somebody else named (a branch, a title) may not become part of a command.
    for (const [, run] of text.matchAll(/run: (?:\|\n((?: {10,}.*\n|\n)+)|(.*))/g)) {
      assert.doesNotMatch(run ?? '', /\$\{\{/, `${file} pastes into a shell`);
    }
  }
  assert.ok(pins.size >= 5, 'the workflows were not found');
});

test('the scripts are shell that every sh reads', () => {
  for (const file of readdirSync(join(root, 'packaging')).filter((name) => name.endsWith('.sh'))) {
    const shell = read(`packaging/${file}`).startsWith('#!/usr/bin/env bash') ? 'bash' : 'sh';
    execFileSync(shell, ['-n', join(root, 'packaging', file)]);
  }
});
