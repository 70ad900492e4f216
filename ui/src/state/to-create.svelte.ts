// Contacts that a person wants created and that are not there yet, whatever window they were typed in.

import { asApiError } from '../backend/backend';
import type { ApiError, CreationDecision, CreationDto } from '../backend/generated';
import { Draft } from './draft.svelte';
import type { House } from './house.svelte';

/** Nothing is owed of these any more. */
const isOver = ({ state }: CreationDto): boolean => state.kind === 'created' || state.kind === 'undone';

export class ToCreate {
  rows = $state.raw<CreationDto[]>([]);
  loaded = $state(false);
  error = $state.raw<ApiError | null>(null);
  busy = $state<string | null>(null);
  /** The one that is being changed, with all that was typed. */
  changing = $state.raw<{ id: string; draft: Draft } | null>(null);
  #token = 0;
  readonly #off: () => void;

  constructor(readonly house: House) {
    this.#off = house.on((event) => {
      if (event.kind === 'creation') this.#put(event.creation);
      else if (event.kind === 'behind' && this.loaded) void this.load();
    });
  }

  stop(): void {
    this.#off();
    this.#token++;
  }

  async load(): Promise<void> {
    const token = ++this.#token;
    try {
      const rows = await this.house.backend.call('creations', {});
      if (token !== this.#token) return;
      this.rows = rows;
      this.loaded = true;
      this.error = null;
    } catch (reason) {
      if (token === this.#token) this.error = asApiError(reason);
    }
  }

  undo = (id: string) => this.#attempt(id, () => this.house.backend.call('undo_creation', { creation: id }));
  settle = (id: string, decision: CreationDecision) => this.#attempt(id, () => this.house.backend.call('settle_creation', { creation: id, decision }));

  /** Opens the form again, with the CRM's words at the field that it refused. */
  async change(creation: CreationDto): Promise<void> {
    const { id, call, state } = creation;
    const about = call ? await this.house.backend.call('call', { call }).catch(() => null) : null;
    this.changing = { id, draft: Draft.again(this.house, about, creation, state.kind === 'refused' ? state.error : null) };
  }

  /** It was sent again as another one, which takes its place. */
  changed(): void {
    this.changing = null;
    void this.load();
  }

  async #attempt(id: string, work: () => Promise<CreationDto>): Promise<void> {
    this.busy = id;
    this.error = null;
    try {
      this.#put(await work());
    } catch (reason) {
      this.error = asApiError(reason);
    }
    this.busy = null;
  }

  /** One that is over stays in sight until the list is asked again: the person sees what became of it, and what is to be read with it. */
  #put(creation: CreationDto): void {
    const at = this.rows.findIndex((one) => one.id === creation.id);
    if (at >= 0) this.rows = this.rows.with(at, creation);
    else if (!isOver(creation) || (creation.state.kind === 'created' && creation.said)) this.rows = [creation, ...this.rows];
  }
}
