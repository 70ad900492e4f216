// The form of a phone, new or changed. A connection that others can listen in on needs a person's word: it is asked for as
// long as what is chosen needs it, and withdrawn when that changes.

import { asApiError } from '../backend/backend';
import type { ApiError, NewPhoneDto, ParameterDto, PhoneDto, PhoneKindDto } from '../backend/generated';
import { words } from '../text';
import { sentences } from '../text/format';
import { plain } from '../text/name';
import { isHere } from './address';
import { ParameterForm } from './form.svelte';
import type { House } from './house.svelte';
import { textOf } from './own';

/** The parameter by which a person agrees to a connection without encryption. */
const CLEAR_TEXT = 'clear_text';
/** As the owner takes it. */
const LONGEST_NAME = 40;

export class PhoneDraft extends ParameterForm {
  name = $state('');
  trusted = $state(false);
  step = $state<'typing' | 'working'>('typing');

  readonly busy = $derived(this.step === 'working');
  /** The owner asked for it all the same. */
  #demanded = $state(false);
  /** What is chosen would go over the network for others to read, as the owner judges it. */
  readonly isClear = $derived.by((): boolean => {
    if (this.#demanded) return true;
    const [transport, server] = [this.#chosen('transport'), this.#chosen('server') ?? ''];
    // These two may run on this very computer; a SIP server is known by more than its address.
    if ((this.kind.id === 'asterisk' || this.kind.id === 'baresip') && isHere(server)) return false;
    return transport !== 'tls';
  });
  /** In sight, in the order in which they are asked. */
  readonly parameters = $derived.by((): ParameterDto[] => this.kind.parameters.filter((one) => this.isClear || !this.isConsent(one)));
  /** What few people need. A single one is no longer than the line that would hide it. */
  readonly rare = $derived.by((): ParameterDto[] => {
    const rare = this.parameters.filter((one) => !one.required && one.default === null && !this.isConsent(one));
    return rare.length > 1 ? rare : [];
  });

  /** Which attempt counts: one that was cancelled does not. */
  #attempt = 0;
  #trying: Promise<NewPhoneDto> | null = null;
  /** The name under which it is tried. */
  #asked = '';

  constructor(
    house: House,
    readonly kind: PhoneKindDto,
    /** The one that is changed. */
    readonly phone: PhoneDto | null,
    /** Names that are taken. */
    readonly taken: string[],
  ) {
    super(house, phone ? filledIn(phone) : null);
    this.trusted = phone?.trusted ?? !kind.uses_intake;
    this.begin(kind.parameters);
    // What stopped it stands at its field, to be put right there.
    if (phone?.state.kind === 'stopped' && phone.state.field) {
      const { message, hint, field } = phone.state;
      if (this.parameters.some((one) => one.name === field)) this.refusals = { [field]: sentences(message, hint) };
    }
  }

  /** What the phone will be called if the person gives it no name. */
  get proposal(): string {
    const base = (plain(this.kind.name) || this.kind.id).slice(0, LONGEST_NAME - 4);
    const taken = new Set(this.taken.map((name) => name.toLowerCase()));
    for (let n = 1; ; n++) {
      const name = n === 1 ? base : `${base} ${n}`;
      if (!taken.has(name.toLowerCase())) return name;
    }
  }

  get title(): string {
    return plain(this.phone?.name ?? this.kind.name) || this.kind.id;
  }

  isConsent({ name }: ParameterDto): boolean {
    return name === CLEAR_TEXT;
  }

  rename(name: string): void {
    this.name = name;
    this.forgive('name');
  }

  /** Sets the phone up, or changes it, once what came before is over. `null`: it did not come to that. */
  async send(before: Promise<void>): Promise<NewPhoneDto | null> {
    if (this.busy) return null;
    this.error = null;
    this.refusals = this.#check();
    if (Object.keys(this.refusals).length > 0) return null;
    const attempt = ++this.#attempt;
    this.step = 'working';
    try {
      await before;
      if (attempt !== this.#attempt) return null;
      this.#trying = this.phone ? this.#change(this.phone) : this.#add();
      const made = await this.#trying;
      if (attempt !== this.#attempt) return null;
      this.secrets = {};
      return made;
    } catch (reason) {
      if (attempt === this.#attempt) this.#refuse(asApiError(reason));
      return null;
    } finally {
      if (attempt === this.#attempt) {
        this.step = 'typing';
        this.#trying = null;
      }
    }
  }

  /** Back to typing with everything kept. What comes of the attempt all the same is taken away again. */
  async cancel(): Promise<void> {
    if (!this.busy || this.phone) return;
    const trying = this.#trying;
    this.#attempt++;
    this.#trying = null;
    this.step = 'typing';
    if (trying) await this.house.backend.call('cancel_add_phone', { name: this.#asked }).catch(() => null);
    const made = await trying?.catch(() => null);
    if (made) await this.house.backend.call('remove_phone', { name: made.phone.name }).catch(() => null);
  }

  #add(): Promise<NewPhoneDto> {
    this.#asked = this.name.trim() || this.proposal;
    return this.house.backend.call('add_phone', {
      name: this.#asked,
      kind: this.kind.id,
      trusted: this.trusted,
      parameters: this.filled(this.parameters),
      secrets: this.typedSecrets(),
    });
  }

  async #change(before: PhoneDto): Promise<NewPhoneDto> {
    const withdrawn: Record<string, string> = !this.isClear && textOf(this.stored ?? {}, CLEAR_TEXT) === 'true' ? { [CLEAR_TEXT]: '' } : {};
    const phone = await this.house.backend.call('change_phone', {
      name: before.name,
      trusted: this.trusted === before.trusted ? null : this.trusted,
      parameters: { ...this.changed(), ...withdrawn },
      secrets: this.typedSecrets(),
    });
    return { phone, recipes: [] };
  }

  #refuse(error: ApiError): void {
    this.#demanded ||= error.field === CLEAR_TEXT;
    const secrets = this.parameters.filter((one) => one.kind === 'secret');
    // A password that is not taken stands at the only field that it can be.
    const password = error.code === 'sign_in_needed' && !this.kind.signs_in_with_browser && secrets.length === 1 ? secrets[0]?.name : undefined;
    this.refuse(error, error.field ?? password ?? '', [...(this.phone ? [] : ['name']), ...this.parameters.map((one) => one.name)]);
  }

  #check(): Record<string, string> {
    const consent = this.parameters.find((one) => this.isConsent(one));
    const agreed = !consent || this.typed(consent) === 'true';
    return { ...this.lacking(), ...(agreed ? {} : { [CLEAR_TEXT]: words().phones.needConsent }) };
  }

  /** What counts for a parameter, its default included; `null`: this kind has no such parameter. */
  #chosen(name: string): string | null {
    const parameter = this.kind.parameters.find((one) => one.name === name);
    return parameter ? this.typed(parameter).trim() || (parameter.default ?? '') : null;
  }
}

/** Without what another version may have left out. */
const filledIn = (phone: PhoneDto): Record<string, string> => Object.fromEntries(Object.entries(phone.parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
