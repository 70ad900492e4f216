// Starts one window: `?view=card`, `?view=search`, or the main window.

import '@fontsource-variable/inter/wght.css';
import './styles/tokens.css';
import './styles/base.css';

import { mount } from 'svelte';
import App from './App.svelte';
import type { Backend } from './backend/backend';
import { speak, words } from './text';

/** In a browser, `npm run dev` and `npm run demo` run on the fake; the packaged UI has no fake in it. */
async function connect(query: URLSearchParams): Promise<Backend> {
  if (import.meta.env.DEV || import.meta.env.MODE === 'demo') {
    if (!('__TAURI_INTERNALS__' in window)) return (await import('./backend/fake/demo')).demo(query);
  }
  return (await import('./backend/tauri')).tauri;
}

const query = new URLSearchParams(location.search);
const view = query.get('view') ?? 'main';
document.body.dataset.view = view;
speak(words());
const target = document.getElementById('app');
const [page, quit] = [query.get('page') ?? undefined, query.get('quit') === 'asked'];
if (target) mount(App, { target, props: { backend: await connect(query), view, page, quit } });
