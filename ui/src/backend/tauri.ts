// The one file that knows Tauri. Commands go through `api`, what only the shell can do through `shell`, and everything
// that the owner tells comes as the event `ringside`.

import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';

import { asApiError, type Backend, type MainPage, type OwnerEvent } from './backend';
import type { ContactRefDto } from './generated';

/** What crosses as `invoke('shell', { action })`. */
type ShellAction =
  | { kind: 'hide_window' }
  | { kind: 'resize'; height: number }
  | { kind: 'start_drag' }
  | { kind: 'take_focus' }
  | { kind: 'open_search'; call: string | null; link: boolean; text?: string }
  | { kind: 'open_main'; page?: MainPage }
  | { kind: 'open_url'; contact: ContactRefDto }
  | { kind: 'open_docs'; connector: string }
  | { kind: 'show_file'; path: string }
  | { kind: 'open_log'; call: string }
  | { kind: 'painted'; call: string | null }
  | { kind: 'measured'; what: 'answered' | 'painted'; us: number };

async function ask<T>(name: string, args: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(name, args);
  } catch (reason) {
    throw asApiError(reason);
  }
}

const shell = (action: ShellAction) => ask<void>('shell', { action });

/** `view` is also the label of the window. Who listens without one hears what is told to the others, too, and everything as often
 * as there are windows. */
export const tauri = (view: string): Backend => ({
  call: (name, args) => ask('api', { command: { command: name, args } }),
  listen: (handler) => listen<OwnerEvent>('ringside', (event) => handler(event.payload), { target: view }),

  hideWindow: () => shell({ kind: 'hide_window' }),
  resize: (height) => shell({ kind: 'resize', height }),
  startDrag: () => shell({ kind: 'start_drag' }),
  takeFocus: () => shell({ kind: 'take_focus' }),
  openSearch: (call, link, text) => shell({ kind: 'open_search', call, link, text }),
  openMain: (page) => shell({ kind: 'open_main', page }),
  openUrl: (contact) => shell({ kind: 'open_url', contact }),
  openDocs: (connector) => shell({ kind: 'open_docs', connector }),
  showFile: (path) => shell({ kind: 'show_file', path }),
  openLog: (call) => shell({ kind: 'open_log', call }),
  reportPainted: (call) => shell({ kind: 'painted', call }),
  reportMeasured: (what, us) => shell({ kind: 'measured', what, us }),
});
