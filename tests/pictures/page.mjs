// The UI's demo, served so that two runs of it paint the same: one moment in time, one language, nothing that moves.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { forced, FORCED } from './forced.mjs';

/** A Tuesday, 14:24 in the zone that the browser is started in. */
export const MOMENT = Date.UTC(2026, 10, 24, 14, 24, 0);

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2', '.svg': 'image/svg+xml' };
const AXE = fileURLToPath(new URL('../../ui/node_modules/axe-core/axe.min.js', import.meta.url));

/** Runs before the page's own scripts. */
const STILL = `
  const Real = Date;
  window.Date = class extends Real {
    constructor(...given) { super(...(given.length ? given : [${MOMENT}])); }
    static now() { return ${MOMENT}; }
  };
  performance.now = () => 1000;
  // Seconds do not go by: what is repeated is not needed to paint a state.
  window.setInterval = () => 0;
  const wanted = new URLSearchParams(location.search).get('language') ?? 'en';
  Object.defineProperty(navigator, 'languages', { get: () => [wanted] });
`;
/** What is selected looks another way in a window that is not in front, so it is not painted. */
const QUIET = `*, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent !important }
  :focus:not([data-ring]) { outline: none }
  ::selection { background: transparent; color: inherit }`;
/** The ring stands where the focus is, also in a window that is not in front: of two side by side only one is. */
const ringed = (css) => css.replaceAll(':focus-visible', '[data-ring]');

/** A page of exactly this size, whatever the browser's own window is like. WebKit answers with a picture only once something
 * was painted again, so a corner that no scene reaches never rests. */
const FRAME = `<!doctype html><title>frame</title>
  <style>body { margin: 0; height: 100vh } iframe { position: absolute; inset: 0 auto auto 0; border: 0 } i { position: fixed; inset: auto 0 0 auto; width: 4px; height: 4px }</style>
  <i id="restless"></i><script>setInterval(() => (restless.style.background = restless.style.background ? '' : '#888'), 40)</script>`;

/** The page itself, with what holds it still. `moves`: it may move, so that somebody can see whether it does. */
function still(page, query) {
  const style = [query.has('moves') ? '' : QUIET, `html { zoom: ${Number(query.get('zoom') ?? 1)} }`, query.has('forced') ? FORCED : ''].join('\n');
  return page.replace('<head>', `<head><script>${STILL}</script><style>${style}</style>${query.has('axe') ? '<script src="/axe.js" defer></script>' : ''}`);
}

/** Serves the built demo in `folder` on a loopback port; answers its address and how to stop it. */
export async function serve(folder) {
  const axe = await readFile(AXE);
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const path = normalize(pathname);
    const answer = (type, body) => response.writeHead(200, { 'content-type': type }).end(body);
    if (path === '/frame') return answer('text/html', FRAME);
    if (path === '/axe.js') return answer('text/javascript', axe);
    try {
      const body = await readFile(join(folder, path === '/' ? 'index.html' : path));
      if (path === '/') return answer('text/html', still(body.toString(), searchParams));
      const type = TYPES[extname(path)] ?? 'text/html';
      if (type !== 'text/css') return answer(type, body);
      const css = ringed(body.toString());
      // The page that wants it says what it was asked for itself.
      return answer(type, /[?&]forced/.test(request.headers.referer ?? '') ? forced(css) : css);
    } catch {
      return response.writeHead(404).end();
    }
  });
  await new Promise((ready, failed) => server.once('error', failed).listen(0, '127.0.0.1', ready));
  return { address: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((done) => server.close(done)) };
}
