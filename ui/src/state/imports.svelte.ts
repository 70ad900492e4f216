// Contacts out of a file: chosen, looked at, agreed to, on their way, and taken back. It outlives a look at another page.

import { asApiError } from '../backend/backend';
import type { ApiError, ImportDto, ImportField, ImportPreviewDto } from '../backend/generated';
import { words } from '../text';
import type { House } from './house.svelte';

/** What the owner reads of one file, in bytes. */
const LARGEST = 20 * 1024 * 1024;
/** Letters of one piece: `String.fromCharCode` takes its signs as arguments, and there is an end to those. */
const PIECE = 0x8000;

export class Imports {
  /** The file's name as the person knows it. */
  file = $state('');
  preview = $state.raw<ImportPreviewDto | null>(null);
  running = $state.raw<ImportDto | null>(null);
  knownToo = $state(false);
  busy = $state<'reading' | 'mapping' | 'starting' | 'back' | null>(null);
  error = $state.raw<ApiError | null>(null);

  readonly wanted = $derived(this.preview ? this.preview.total - (this.knownToo ? 0 : this.preview.known) : 0);

  /** A short import is over before its start has been answered. */
  #newest: ImportDto | null = null;

  constructor(readonly house: House) {
    house.on((event) => {
      if (event.kind !== 'import') return;
      this.#newest = event.import;
      if (event.import.import === this.running?.import) this.running = event.import;
    });
  }

  async read(file: File): Promise<void> {
    const t = words().contacts.import;
    await this.#work('reading', async () => {
      this.clear();
      this.file = file.name;
      if (file.size > LARGEST) throw refusal(t.tooBig);
      const bytes = await file.arrayBuffer().catch(() => {
        throw refusal(t.unread);
      });
      this.preview = await this.house.backend.call('preview_import', { name: file.name, data: base64(new Uint8Array(bytes)) });
    });
  }

  /** Another meaning for one column. */
  async mean(at: number, field: ImportField): Promise<void> {
    const { preview } = this;
    if (!preview) return;
    const fields = preview.columns.map((column, each) => (each === at ? field : column.field));
    await this.#work('mapping', async () => {
      this.preview = await this.house.backend.call('map_import', { import: preview.import, fields });
    });
  }

  async start(): Promise<void> {
    const { preview } = this;
    if (!preview) return;
    await this.#work('starting', async () => {
      const begun = await this.house.backend.call('start_import', { import: preview.import, known_too: this.knownToo });
      this.running = this.#newest?.import === begun.import ? this.#newest : begun;
      this.preview = null;
    });
  }

  /** Stops it, or undoes it. */
  async takeBack(): Promise<void> {
    const { running } = this;
    if (!running) return;
    await this.#work('back', async () => {
      this.running = await this.house.backend.call('take_back_import', { import: running.import });
    });
  }

  clear(): void {
    this.preview = null;
    this.running = null;
    this.knownToo = false;
    this.error = null;
    this.file = '';
  }

  async #work(what: NonNullable<Imports['busy']>, work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = what;
    this.error = null;
    try {
      await work();
    } catch (reason) {
      this.error = asApiError(reason);
    }
    this.busy = null;
  }
}

const refusal = (message: string): ApiError => ({ code: 'invalid', message, hint: null, field: null });

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}
