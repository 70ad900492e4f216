// Names that want to be markup, code, or the whole window; a CRM that knows a thousand people with one number. In the real
// windows all of it is text, nothing runs, and nothing leaves its place.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { callId, withApp } from './app.mjs';
import { manifest, own } from './crm.mjs';
import { until } from './driver.mjs';

const execute = promisify(execFile);

const NAMES = {
  markup: '<img src=x onerror="window.ran=1"><script>window.ran=2</script><b>Bold</b>',
  template: '{{constructor.constructor("window.ran=3")()}} ${window.ran=4} {@html 1}',
  rightToLeft: '\u202Eevil\u202C \u200Fשלום Ada مرحبا\u2067',
  noWidth: 'A\u200Bd\u200Ca\u200D \uFEFFLove\u00ADlace\u2060',
  long: `${'Donaudampfschifffahrtsgesellschaft'.repeat(14)} end`.slice(0, 500),
  emoji: '👩🏽‍🚀👨‍👩‍👧‍👦 🏳️‍🌈 Ada 🎉🎉🎉',
  lines: 'Ada\u2028Love\u2029lace\u0007',
};

/** What must hold of any page, whatever was in it. */
async function intact(page, what) {
  const found = await page.run(`
    const out = document.documentElement;
    return {
      ran: window.ran ?? null,
      foreign: document.querySelectorAll('main img, main script, main iframe, main b img').length,
      wide: out.scrollWidth - out.clientWidth,
      outside: [...document.querySelectorAll('button, input, textarea, select')].filter((one) => {
        const box = one.getBoundingClientRect();
        return box.width > 0 && one.checkVisibility() && (box.left < -1 || box.right > out.clientWidth + 1);
      }).map((one) => one.dataset.testid ?? one.textContent.trim()),
    };`);
  assert.deepEqual(found, { ran: null, foreign: 0, wide: 0, outside: [] }, what);
}

test('hostile names are text on the card, in the search and in the list', async () => {
  await withApp({ hidden: false }, async (app, page) => {
    let at = 0;
    for (const [kind, name] of Object.entries(NAMES)) {
      const number = `+4420794607${String(at++).padStart(2, '0')}`;
      // A command line can't carry what a program's argument can't; the rest goes in as it is.
      await app.ringside('create', name, '--number', number, '--company', name, '--force');
      const id = callId();
      await app.ring({ from: number, to: name.replaceAll('\u0000', ''), name, call_id: id });
      await page.view('card');
      await app.call(`of ${kind} has its match`, (call) => call.provider_call_id === id && call.lookup.matches.length > 0);
      await until(`the card of ${kind}`, async () => (await page.text('card-name')).length > 0);
      if (kind === 'markup') assert.match(await page.text('card-name'), /<img src=x/);
      await sleep(200);
      await intact(page, `the card with ${kind}`);
      await app.shoot(`hostile-${kind}`);
      await app.ring({ from: number, to: '201', call_id: id, state: 'ended' });
      await app.ringside('set-aside', 'last');
    }
    await page.view('main');
    await page.click('nav-calls');
    await page.find('main-call-open-0');
    await intact(page, 'the list');
    await page.click('main-call-open-0');
    await intact(page, 'the details of a call');
    await app.shoot('hostile-list');
    await page.view('card');
    await page.run('return 1');
    await app.ring({ from: '+61255500199', to: '201', call_id: callId() });
    await page.click('btn-search');
    await page.view('search');
    for (const text of ['<img', 'evil', 'Donau', '🎉', '"; DROP TABLE contacts; --', 'NEAR(', '*', '^"']) {
      await page.run('const field = document.querySelector("[data-testid=search-input]"); field.focus(); field.select();');
      await page.type('search-input', text);
      await sleep(350);
      await intact(page, `the search for ${text}`);
    }
    await app.shoot('hostile-search');
  });
});

test('a CRM that answers a thousand matches fills a list, and not the screen', async () => {
  const NUMBER = '+442079460777';
  const people = Array.from({ length: 1000 }, (_, at) => ({ id: String(at), name: `Person ${at} <i>${at}</i>`, phone: NUMBER }));
  const server = createServer((_, answer) => answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: '1', name: 'Everybody', people })));
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  try {
    await withApp({}, async (app, page) => {
      await own(app, 'thousand', manifest({ id: 'thousand', name: 'Thousand CRM' }));
      await until('the file to be read', async () => JSON.stringify(await app.ringside('connector', 'list')).includes('own/thousand'));
      const adding = execute(
        process.env.RINGSIDE_CLI,
        ['--profile', app.profile, 'connection', 'add', 'own/thousand', '--secrets-from-stdin', '--server', `http://127.0.0.1:${server.address().port}`],
        { env: app.env, timeout: 20_000 },
      );
      adding.child.stdin.end('key=any\n');
      await adding;
      const began = Date.now();
      await app.ring({ from: NUMBER, to: '201', call_id: callId() });
      await page.reads('card-name', /possible callers|people/, { within: 15_000 });
      await sleep(300);
      await intact(page, 'the card of a thousand');
      const height = await page.run('return document.documentElement.scrollHeight');
      assert.ok(height <= 600, `the card is ${height} high`);
      // It still takes a click.
      await page.click('match-2');
      await app.call('has a choice', (call) => call.choice !== null);
      console.log(`a thousand matches: chosen ${Date.now() - began} ms after the ring`);
      await app.shoot('hostile-thousand');
    });
  } finally {
    server.close();
  }
});
