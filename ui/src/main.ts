// Starts one window: `?view=card`, `?view=search`, or the main window.

import '@fontsource-variable/inter/wght.css';
import './styles/tokens.css';
import './styles/base.css';

import { mount } from 'svelte';
import App from './App.svelte';
import type { Backend } from './backend/backend';
import { speak, words } from './text';

/** The owner speaks English. What else it says in, only a window in that language loads. */
async function inOurLanguage(backend: Backend): Promise<Backend> {
  if (words().locale !== 'de') return backend;
  const [{ german }, { sayer }, { saying }] = await Promise.all([import('./text/said/de'), import('./text/said'), import('./backend/said')]);
  return saying(backend, sayer(german));
}

/** In a browser, `npm run dev` and `npm run demo` run on the fake; the packaged UI has no fake in it. */
async function connect(query: URLSearchParams): Promise<Backend> {
  if (import.meta.env.DEV || import.meta.env.MODE === 'demo') {
    if (!('__TAURI_INTERNALS__' in window)) return (await import('./backend/fake/demo')).demo(query);
  }
  return (await import('./backend/tauri')).tauri(query.get('view') ?? 'main');
}

const query = new URLSearchParams(location.search);
const view = query.get('view') ?? 'main';
document.body.dataset.view = view;
speak(words());
const target = document.getElementById('app');
const [page, quit, measured] = [query.get('page') ?? undefined, query.get('quit') === 'asked', query.get('measured') === '1'];
if (target) mount(App, { target, props: { backend: await inOurLanguage(await connect(query)), view, page, quit, measured } });
