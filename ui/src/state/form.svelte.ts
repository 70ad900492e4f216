// A form of parameters, whatever they set up: what was typed, where it begins, and what is wrong with it. A refusal lands
// on its field with everything kept. Secrets live here until the owner has them, and nowhere else.

import type { ApiError, ParameterDto } from '../backend/generated';
import { words } from '../text';
import { sentences } from '../text/format';
import { plain } from '../text/name';
import type { House } from './house.svelte';
import { textOf } from './own';

export abstract class ParameterForm {
  /** Texts, choices, `true` and `false`, by the names of their parameters. */
  values = $state<Record<string, string>>({});
  secrets = $state<Record<string, string>>({});
  /** By the name of the field. */
  refusals = $state.raw<Record<string, string>>({});
  /** A refusal that belongs to no field. */
  error = $state.raw<ApiError | null>(null);

  /** What is to be filled in, as far as it is known. */
  abstract readonly parameters: ParameterDto[];
  /** Parameters that have the value they begin with, or what was typed since. */
  readonly #begun = new Set<string>();

  constructor(
    readonly house: House,
    /** What was filled in before; `null`: it is something new. */
    readonly stored: Record<string, string> | null,
  ) {}

  /** Something there already is changed: a secret that is left empty stays. */
  get kept(): boolean {
    return this.stored !== null;
  }

  typed(parameter: ParameterDto): string {
    return textOf(parameter.kind === 'secret' ? this.secrets : this.values, parameter.name);
  }

  /** Something else stands in it than what a new form begins with. */
  isFilled(parameter: ParameterDto): boolean {
    return this.typed(parameter).trim() !== usual(parameter);
  }

  /** What is wrong with a field. */
  refusal = (field: string): string | null => textOf(this.refusals, field) || null;

  fill(parameter: ParameterDto, value: string): void {
    if (parameter.kind === 'secret') this.secrets[parameter.name] = value;
    else this.values[parameter.name] = value;
    this.forgive(parameter.name);
  }

  /** A field was left. */
  leave(): void {}

  protected forgive(field: string): void {
    if (!(field in this.refusals)) return;
    const { [field]: _, ...rest } = this.refusals;
    this.refusals = rest;
  }

  /** Puts an error at its field where that is one of these, else below the form. */
  protected refuse(error: ApiError, field: string, inSight: string[]): void {
    if (inSight.includes(field)) this.refusals = { ...this.refusals, [field]: sentences(error.message, error.hint) };
    else this.error = error;
  }

  /** Values that a parameter begins with; what was typed stays. */
  protected begin(parameters: ParameterDto[]): void {
    for (const one of parameters) {
      if (one.kind !== 'secret' && !this.#begun.has(one.name)) this.values[one.name] = this.#beginsWith(one);
      this.#begun.add(one.name);
    }
  }

  /** What is missing or no number. Patterns are left to the owner: a file's regular expression, run here, could hold the window up for ever. */
  protected lacking(): Record<string, string> {
    const t = words().connections;
    const wrong: Record<string, string> = {};
    for (const one of this.parameters) {
      const title = plain(one.title) || one.name;
      const value = this.typed(one).trim();
      const stays = one.kind === 'secret' && this.kept;
      if (one.required && !value && !stays && one.default === null) wrong[one.name] = t.needField(title);
      else if (one.kind === 'int' && value && !/^[+-]?\d+$/.test(value)) wrong[one.name] = t.needInt(title);
    }
    return wrong;
  }

  /** Everything that is filled in, but the secrets. */
  protected filled(parameters: ParameterDto[]): Record<string, string> {
    return Object.fromEntries(this.#texts(parameters).filter(([, value]) => value !== ''));
  }

  /** Only what is different from before: the owner keeps the rest. */
  protected changed(): Record<string, string> {
    const before = new Map(this.parameters.map((one) => [one.name, this.#beginsWith(one)]));
    return Object.fromEntries(this.#texts(this.parameters).filter(([name, value]) => value !== (before.get(name) ?? '')));
  }

  protected typedSecrets(): Record<string, string> {
    const names = this.parameters.filter((one) => one.kind === 'secret').map((one) => one.name);
    return Object.fromEntries(names.map((name): [string, string] => [name, textOf(this.secrets, name)]).filter(([, value]) => value.trim() !== ''));
  }

  #beginsWith(parameter: ParameterDto): string {
    return textOf(this.stored ?? {}, parameter.name) || usual(parameter);
  }

  /** Names and values of all but the secrets. */
  #texts(parameters: ParameterDto[]): [string, string][] {
    return parameters.filter((one) => one.kind !== 'secret').map((one) => [one.name, textOf(this.values, one.name).trim()]);
  }
}

const usual = ({ kind, default: value }: ParameterDto): string => value ?? (kind === 'bool' ? 'false' : '');
