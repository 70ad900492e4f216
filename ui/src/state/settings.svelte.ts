// The settings while they are edited: saved as soon as a field is left, and a refusal stays with its field, with what
// was typed.

import { asApiError } from '../backend/backend';
import type { ApiError, SettingsDto } from '../backend/generated';
import { sentences } from '../text/format';
import type { House } from './house.svelte';

export class SettingsDraft {
  value = $state.raw<SettingsDto | null>(null);
  state = $state<'idle' | 'saving' | 'saved'>('idle');
  error = $state.raw<ApiError | null>(null);
  #field: keyof SettingsDto | null = null;
  #queue: Promise<void> = Promise.resolve();

  constructor(readonly house: House) {
    this.value = house.settings;
  }

  /** Settings changed elsewhere: taken over unless something here was refused and waits to be put right. */
  adopt(settings: SettingsDto | null): void {
    if (this.state !== 'saving' && !this.error) this.value = settings;
  }

  /** Saves one field; saves follow each other in the order they were made. */
  set<K extends keyof SettingsDto>(field: K, value: SettingsDto[K]): Promise<void> {
    if (!this.value) return Promise.resolve();
    this.value = { ...this.value, [field]: value };
    this.#queue = this.#queue.then(() => this.#save(field));
    return this.#queue;
  }

  /** The refusal of a field. One that names no field belongs to the field that was saved. */
  refusal(field: keyof SettingsDto): string | null {
    if (!this.error) return null;
    const named = this.error.field?.split(/[.[]/)[0];
    return (named || this.#field) === field ? sentences(this.error.message, this.error.hint) : null;
  }

  async #save(field: keyof SettingsDto): Promise<void> {
    if (!this.value) return;
    this.state = 'saving';
    this.#field = field;
    try {
      const saved = await this.house.backend.call('save_settings', this.value);
      this.error = null;
      this.value = saved;
      this.house.settings = saved;
      this.state = 'saved';
    } catch (reason) {
      this.error = asApiError(reason);
      this.state = 'idle';
    }
  }
}
