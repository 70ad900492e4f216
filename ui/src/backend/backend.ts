// What the windows know of the world outside of them. Views and state see this interface and nothing else, so the whole
// UI runs in a browser and in tests on the fake, and on Tauri only through `tauri.ts`.

import type { ApiError, Commands, ContactRefDto, Event as OwnerEvent } from './generated';

export type { OwnerEvent };
export type CommandName = keyof Commands;
export type Args<K extends CommandName> = Commands[K]['args'];
export type Reply<K extends CommandName> = Commands[K]['reply'];

/** Pages of the main window that another window leads to. */
export type MainPage = 'connections';

export interface Backend {
  /** Asks the owner. Rejects with an {@link ApiError}, always. */
  call<K extends CommandName>(name: K, args: Args<K>): Promise<Reply<K>>;
  /** Resolves once events arrive; what it resolves to ends the listening. */
  listen(handler: (event: OwnerEvent) => void): Promise<() => void>;

  hideWindow(): Promise<void>;
  /** Height of this window's content, in CSS pixels. */
  resize(height: number): Promise<void>;
  startDrag(): Promise<void>;
  /** The person clicked into the card: it may have the keyboard from now on. */
  takeFocus(): Promise<void>;
  /** Shows the search window for a call, with a text to begin with; with `link` the number of the call is offered to whoever is chosen. */
  openSearch(call: string | null, link: boolean, text?: string): Promise<void>;
  /** Shows the main window, at this page or at the one it is on. */
  openMain(page?: MainPage): Promise<void>;
  /** Opens the contact's own page in the browser. */
  openUrl(contact: ContactRefDto): Promise<void>;
  /** Opens what the vendor wrote about what a connector speaks, in the browser. */
  openDocs(connector: string): Promise<void>;
  /** Shows the folder of a file that Ringside saved. */
  showFile(path: string): Promise<void>;
  /** Opens the page of the log itself. */
  openLog(call: string): Promise<void>;
  /**
   * The card of this call is on the screen: ends the measurement that began with the call event. `null`: the search window,
   * with the caret in it, whose measurement began with its hotkey.
   */
  reportPainted(call: string | null): Promise<void>;
  /** What this page measured of one keystroke, in microseconds. Only where the shell asked for it. */
  reportMeasured(what: 'answered' | 'painted', us: number): Promise<void>;
}

/** Whatever a command was rejected with, as words and a next step. */
export function asApiError(reason: unknown): ApiError {
  if (typeof reason === 'object' && reason !== null && 'message' in reason && typeof reason.message === 'string') {
    const text = (key: 'code' | 'hint' | 'field') => {
      const value = (reason as Record<string, unknown>)[key];
      return typeof value === 'string' ? value : null;
    };
    return { code: text('code') ?? 'internal', message: reason.message, hint: text('hint'), field: text('field') };
  }
  return { code: 'internal', message: String(reason), hint: null, field: null };
}
