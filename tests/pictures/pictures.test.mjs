// Every state of the windows, painted by the system's WebKit in both themes, in two languages and at twice the size: axe finds
// nothing wrong with what is really painted, nothing sticks out, and who changes a picture has to look at it.
//
//   RINGSIDE_PICTURES=accept   takes the new pictures into the reviewed set, docs/screens/states
//   ONLY=card-                 only the scenes whose name holds this

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Browser } from './browser.mjs';
import { serve } from './page.mjs';
import { Reviewed } from './reviewed.mjs';
import { FORCED, SCENES as ALL } from './scenes.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MADE = join(ROOT, 'target/screens/states');
const SCENES = process.env.ONLY ? ALL.filter(({ name }) => name.includes(process.env.ONLY)) : ALL;

let site;
let reviewed;
before(async () => {
  site = await serve(join(ROOT, 'target/pictures/ui'));
  await rm(MADE, { recursive: true, force: true });
  await mkdir(MADE, { recursive: true });
  reviewed = await Reviewed.open(MADE, join(ROOT, 'docs/screens/states'));
});
after(() => site?.stop());

/** One browser after another is worked by one of these; two of them side by side use two cores. */
function series(title, surroundings, scenes, look) {
  it(title, async (t) => {
    const browser = await Browser.start({ address: site.address, ...surroundings });
    // What one picture is compared with need not be waited for by the next.
    const comparing = [];
    try {
      for (const scene of scenes) await t.test(`${scene.name}, ${title}`, () => look(browser, scene, (name) => comparing.push(reviewed.holds(name).then(() => null, (error) => error.message))));
    } finally {
      await browser.stop();
    }
    assert.deepEqual((await Promise.all(comparing)).filter(Boolean), []);
  });
}
/** How much moves in a scene. */
async function motions(scene, env) {
  const browser = await Browser.start({ address: site.address, env });
  try {
    await browser.show(scene, { moves: '' });
    return await browser.driver.run('return document.getAnimations().length');
  } finally {
    await browser.stop();
  }
}
async function paint(browser, scene, kind) {
  const name = `${scene.name}-${kind}.png`;
  await writeFile(join(MADE, name), await browser.picture());
  assert.equal(await browser.overflow(), 0, 'something sticks out sideways');
  return name;
}

describe('every state', { concurrency: 2 }, () => {
  for (const dark of [false, true]) {
    const theme = dark ? 'dark' : 'light';
    series(theme, { dark }, SCENES, async (browser, scene, compare) => {
      await browser.show(scene, { axe: '' });
      const name = await paint(browser, scene, theme);
      if (scene.reviewed !== false) compare(name);
      // What is not a colour is in one theme as in the other.
      assert.deepEqual(await browser.violations(dark ? ['color-contrast'] : undefined), []);
    });
  }

  series('German', {}, SCENES, async (browser, scene) => {
    await browser.show(scene, { language: 'de', axe: '' });
    await paint(browser, scene, 'german');
    assert.deepEqual(await browser.violations(['label-content-name-mismatch', 'scrollable-region-focusable', 'target-size', 'html-has-lang']), []);
  });

  series('200 %', {}, SCENES, async (browser, scene) => {
    // Twice the size in a window as large as a screen allows: a main window does not grow with its letters.
    await browser.show({ ...scene, width: Math.min(scene.width, 760), height: Math.min(scene.height, 650) }, { zoom: 2 });
    await paint(browser, scene, '200');
  });

  const some = SCENES.filter(({ name }) => FORCED.includes(name));
  series('forced colours', { dark: true }, some, async (browser, scene) => {
    await browser.show(scene, { forced: '', axe: '' });
    await paint(browser, scene, 'forced');
    assert.deepEqual(await browser.violations(['color-contrast']), []);
  });

  it('who wants no motion gets none', async () => {
    const settings = await mkdtemp(join(tmpdir(), 'still-'));
    await mkdir(join(settings, 'gtk-3.0'));
    await writeFile(join(settings, 'gtk-3.0/settings.ini'), '[Settings]\ngtk-enable-animations=false\n');
    const ringing = ALL.find(({ name }) => name === 'card-known');
    try {
      assert.ok((await motions(ringing, {})) > 0, 'a ringing card moves a little');
      assert.equal(await motions(ringing, { XDG_CONFIG_HOME: settings }), 0);
    } finally {
      await rm(settings, { recursive: true, force: true });
    }
  });
});

it('no reviewed picture is left of a scene that is gone', async () => {
  const names = new Set(ALL.filter(({ reviewed: held }) => held !== false).flatMap(({ name }) => [`${name}-light.png`, `${name}-dark.png`]));
  assert.deepEqual(await reviewed.left(names), []);
});
