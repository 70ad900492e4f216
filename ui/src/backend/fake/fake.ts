// Ringside without Ringside: an owner in memory that answers every command, for tests and for the browser. It keeps calls,
// finds people by digits and by words, logs, moves logs, and tells what changed, as the owner does.

import type { Args, Backend, CommandName, MainPage, OwnerEvent, Reply } from '../backend';
import type { ApiError, CallDto, Commands, ConnectionDto, ConnectorDto, ConnectorFieldsDto, ContactDto, ContactRefDto, CreationDto, DraftDto, DuplicateDto, ImportDto, LiveSearchDto, LogDto, LogFieldDto, MatchDto, PhoneDto, PhoneKindDto, SearchFilterDto, SettingsDto, SignedInDto, StatusDto, TraceDto } from '../generated';
import { Browser, connectors, handlers, parameter } from './connect';
import { connections, people, settings, status } from './people';
import { importHandlers } from './import';
import { personHandlers } from './person';
import { phoneHandlers, phoneKinds } from './phones';
import { refuse } from './refuse';
import { spelledNearly, understood } from './search';
import { creationHandlers, quietHandlers, wish } from './wishes';

type Handlers = { [K in CommandName]: (args: Args<K>) => Reply<K> | Promise<Reply<K>> };

const fold = (text: string) => text.toLowerCase().replaceAll('ß', 'ss').normalize('NFD').replace(/\p{M}/gu, '');
/** Good enough to tell sample numbers apart: the digits, without a country's 1, 44 or 49 or the trunk's 0. */
export const digits = (text: string) => text.replace(/\D/g, '').replace(/^(00)?(49|44|1(?=\d{10}))/, '').replace(/^0/, '');
const same = (a: ContactRefDto, b: ContactRefDto) => a.connection === b.connection && a.contact_type === b.contact_type && a.id === b.id;

export const noLog = (): LogDto => ({
  state: 'not_logged',
  write: null,
  connection: null,
  connection_name: null,
  contact: null,
  contact_name: null,
  message: null,
  hint: null,
  code: null,
  field: null,
  said: null,
  next_try: null,
  url: null,
  moves: true,
  changed: false,
});

/** The other end of a sample call; without a number it hides it. */
function caller(number: string | null): CallDto['caller'] {
  if (number === null) return { kind: 'withheld', text: '', e164: null, region: null, line_type: null, display: null };
  const [region, code] = number.startsWith('+44') ? ['GB', '44'] : /^(0|\+49)/.test(number) ? ['DE', '49'] : ['US', '1'];
  return { kind: 'number', text: number, e164: `+${code}${digits(number)}`, region, line_type: 'fixed_or_mobile', display: null };
}

export class Fake implements Backend {
  now: () => number = () => Date.now();
  contacts: ContactDto[];
  /** People that only the connections themselves know. */
  remote: ContactDto[] = [];
  /** What the connections answer to a name; `null`: who of `remote` is called so. */
  live: LiveSearchDto[] | null = null;
  /** Whom the index finds although nobody is called as asked. */
  misspelt: ContactDto[] = [];
  calls: CallDto[] = [];
  open = new Set<string>();
  /** Whether the owner opens a card for a call that begins. */
  pops = (call: CallDto) => !call.is_over && (this.settings.pop === 'always' || (this.settings.pop === 'incoming' && call.direction === 'in'));
  connections: ConnectionDto[];
  connectors: ConnectorDto[] = connectors();
  serverFields: ConnectorFieldsDto = { name: 'Clio', server: null, parameters: [parameter('apiKey', 'API key', { kind: 'secret' })], signs_in_with_browser: false };
  pastes = false;
  readonly browser = new Browser<SignedInDto>();
  /** What each connection wants to know about a call. */
  logFields: Record<string, LogFieldDto[]> = {};
  /** Why no CRM takes another number; `null`: they take it. */
  linksOnly: string | null = null;
  settings: SettingsDto;
  status: StatusDto;
  phones: PhoneDto[] = [];
  creations: CreationDto[] = [];
  /** Whether a contact is created by itself after its ten seconds; else a test says when. */
  creates = false;
  imports: ImportDto[] = [];
  kinds: PhoneKindDto[] = phoneKinds();
  /** This computer's own, in the local network. */
  addresses = ['192.168.1.20', '10.0.0.7'];
  readonly phoneBrowser = new Browser<PhoneDto>();
  traces = new Map<string, TraceDto[]>();
  code = 'demo-recovery-code-not-a-real-one';

  /** Everything that was asked, and what the shell was told to do. */
  readonly asked: { name: CommandName; args: unknown }[] = [];
  readonly shell: { kind: string; [more: string]: unknown }[] = [];

  readonly #handlers = new Set<(event: OwnerEvent) => void>();
  readonly #failures = new Map<CommandName, ApiError>();
  readonly #gates = new Map<CommandName, Promise<void>[]>();
  #next = 1;

  constructor() {
    const everybody = people(this.now());
    this.contacts = everybody.filter((one) => one.ref.connection === 'book');
    this.remote = everybody.filter((one) => one.ref.connection !== 'book');
    this.connections = connections();
    this.settings = settings();
    this.status = status(this.contacts);
  }

  // --- the interface ---

  async call<K extends CommandName>(name: K, args: Args<K>): Promise<Reply<K>> {
    this.asked.push({ name, args: structuredClone(args) });
    const gate = this.#gates.get(name)?.shift();
    const failure = this.#failures.get(name);
    // Worked out when it was asked, as the owner does; a gate delays only the way back.
    const made = failure ? null : this.#do[name](args);
    const reply = made instanceof Promise ? made : structuredClone(made as Reply<K>);
    if (gate) await gate;
    if (failure) throw failure;
    return reply;
  }

  async listen(handler: (event: OwnerEvent) => void): Promise<() => void> {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  hideWindow = () => this.#told({ kind: 'hide_window' });
  resize = (height: number) => this.#told({ kind: 'resize', height });
  startDrag = () => this.#told({ kind: 'start_drag' });
  takeFocus = () => this.#told({ kind: 'take_focus' });
  openSearch = (call: string | null, link: boolean, text?: string) => this.#told({ kind: 'open_search', call, link, text });
  openMain = (page?: MainPage) => this.#told({ kind: 'open_main', page });
  openUrl = (contact: ContactRefDto) => this.#told({ kind: 'open_url', contact });
  openDocs = (connector: string) => this.#told({ kind: 'open_docs', connector });
  showFile = (path: string) => this.#told({ kind: 'show_file', path });
  openLog = (call: string) => this.#told({ kind: 'open_log', call });
  reportPainted = (call: string | null) => this.#told({ kind: 'painted', call });
  reportMeasured = (what: 'answered' | 'painted', us: number) => this.#told({ kind: 'measured', what, us });

  // --- what tests and the demo do to it ---

  emit(event: OwnerEvent): void {
    for (const handler of this.#handlers) handler(structuredClone(event));
  }

  /** What `work` does happens, and nobody is told: those events are lost. */
  silently<T>(work: () => T): T {
    const handlers = [...this.#handlers];
    this.#handlers.clear();
    const done = work();
    for (const handler of handlers) this.#handlers.add(handler);
    return done;
  }

  /** A call rings. The number is looked up at once; `change` says what is different about it. */
  ring(number: string | null, change: Partial<CallDto> = {}): CallDto {
    const now = this.now();
    const found = number === null ? [] : this.find(number);
    const call: CallDto = {
      id: `call-${this.#next++}`,
      direction: 'in',
      state: 'ringing',
      is_over: false,
      card: false,
      line: 'Sales',
      queue: null,
      diverted_by: [],
      caller: caller(number),
      started: now,
      zone: 'UTC',
      answered: null,
      ended: null,
      talked: null,
      unverified: false,
      rehearsal: false,
      lookup: {
        running: false,
        matches: found,
        asked: number === null ? [] : [{ connection: 'book', name: 'Address book', state: found.length ? 'found' : 'not_found', message: null }],
        forms: number === null ? 0 : 9,
        checked: number === null ? null : now,
      },
      choice: found.length === 1 && found[0] ? { contact: found[0].contact, by: 'only_exact_match' } : null,
      note: '',
      outcome: null,
      fields: [],
      twins: [],
      log: noLog(),
      never_log: null,
      vip: false,
      creation: null,
      undo: null,
      provider_call_id: null,
      ...change,
    };
    // Its own numbers, and those on the list: the owner sets them aside by itself.
    if (call.never_log && call.never_log !== 'rehearsal' && !change.log) call.log = { ...noLog(), state: 'set_aside' };
    this.calls.unshift(call);
    call.card = this.pops(call);
    if (call.card) this.open.add(call.id);
    if (number !== null) this.#trace(call, false);
    this.emit({ kind: 'call', call });
    return call;
  }

  /** Changes a phone and tells everybody. */
  turn(name: string, change: Partial<PhoneDto>): void {
    this.phones = this.phones.map((one) => (one.name === name ? { ...one, ...change } : one));
    this.emit({ kind: 'phones' });
  }

  /** Changes a call and tells everybody. */
  change(id: string, change: Partial<CallDto>): CallDto {
    const at = this.calls.findIndex((call) => call.id === id);
    const before = this.calls[at];
    if (!before) throw refuse('not_found', `There is no call ${id}`);
    const call = { ...before, ...change };
    this.calls[at] = call;
    this.emit({ kind: 'call', call });
    return call;
  }

  answer = (id: string) => this.change(id, { state: 'answered', answered: this.now() });
  end(id: string): CallDto {
    const call = this.#call(id);
    const talked = call.answered === null ? null : this.now() - call.answered;
    return this.change(id, { state: call.answered === null ? 'missed' : 'completed', is_over: true, ended: this.now(), talked });
  }

  setStatus(change: Partial<StatusDto>): void {
    this.status = { ...this.status, ...change };
    this.emit({ kind: 'status', status: this.status });
  }

  /** From now on a command is refused, until `fail(name, null)`. */
  fail(name: CommandName, error: ApiError | null): void {
    if (error) this.#failures.set(name, error);
    else this.#failures.delete(name);
  }

  /** The next answer to a command waits until the returned function is called. */
  hold(name: CommandName): () => void {
    let go = () => {};
    const gate = new Promise<void>((open) => (go = open));
    this.#gates.set(name, [...(this.#gates.get(name) ?? []), gate]);
    return () => go();
  }

  find(number: string): MatchDto[] {
    const wanted = digits(number);
    return this.contacts.flatMap((contact) => {
      const at = contact.numbers.findIndex((one) => digits(one.raw) === wanted);
      return at < 0 ? [] : [{ contact, grade: 'exact' as const, number: at, as_of: this.now() - 4 * 60_000, live: false, gone: false, also: [] }];
    });
  }

  // --- the commands ---

  readonly #do: Handlers = {
    hello: () => ({ version: '0.0.0', profile: 'demo', pid: 0, role: 'app', reader: 'fake', rehearsal: false, session: 'x11' }),
    snapshot: () => ({ calls: this.calls.filter((call) => this.open.has(call.id)), status: this.status }),
    report: ({ from }) => ({ call: this.ring(from).id }),
    rehearse: () => ({ call: this.ring('(415) 555-0100', { rehearsal: true }).id }),

    calls: ({ text, missed, not_logged, log, before, limit }) => {
      const words = fold(text ?? '');
      const fits = this.calls.filter(
        (call) =>
          (!missed || call.state === 'missed') &&
          (!not_logged || call.log.state === 'not_logged') &&
          (!log || call.log.state === log) &&
          (!words || fold(`${call.choice?.contact.name ?? ''} ${call.lookup.matches.map((one) => one.contact.name).join(' ')} ${call.caller.text} ${call.note}`).includes(words)),
      );
      const from = before ? fits.findIndex((call) => call.id === before) + 1 : 0;
      const size = limit ?? 50;
      return { calls: fits.slice(from, from + size), more: fits.length > from + size };
    },
    see_missed: () => {
      this.setStatus({ missed: 0 });
      return this.status;
    },
    call: ({ call }) => this.#call(call),
    refresh: ({ call }) => {
      const before = this.#call(call);
      const found = this.find(before.caller.text).map((one) => ({ ...one, as_of: this.now(), live: true }));
      const kept = before.lookup.matches.map((old) => found.find((one) => same(one.contact.ref, old.contact.ref)) ?? { ...old, gone: true });
      const added = found.filter((one) => !before.lookup.matches.some((old) => same(one.contact.ref, old.contact.ref)));
      this.#trace(before, true);
      return this.change(call, { lookup: { ...before.lookup, matches: [...kept, ...added], checked: this.now(), running: false } });
    },
    choose: ({ call, contact }) => {
      const before = this.#call(call).choice?.contact.name ?? null;
      return this.change(call, { choice: contact ? { contact: this.#contact(contact), by: 'person' } : null, fields: [], twins: [], creation: null, undo: { kind: 'choice', before } });
    },
    note: ({ call, note, outcome }) => {
      const before = this.#call(call);
      return this.change(call, { note, outcome, log: { ...before.log, changed: before.log.state === 'logged' } });
    },
    log: ({ call, contact }) => {
      const before = this.#call(call);
      const on = contact ? this.#contact(contact) : before.choice?.contact;
      if (!on && before.creation) {
        return this.change(call, { log: { ...noLog(), state: 'waiting', code: 'creating', connection_name: before.creation.connection_name, contact_name: before.creation.draft.name, message: `Waits until ${before.creation.draft.name} is created` } });
      }
      if (!on) throw refuse('invalid', 'Choose someone first.', 'contact');
      const log: LogDto = { ...noLog(), state: 'logged', write: `write-${call}`, connection: on.ref.connection, connection_name: on.connection_name, contact: on.ref, contact_name: on.name };
      return this.change(call, { choice: { contact: on, by: 'person' }, log });
    },
    set_aside: ({ call }) => this.change(call, { log: { ...noLog(), state: 'set_aside' }, undo: { kind: 'set_aside' } }),
    settle: ({ call, decision }) => {
      const { log } = this.#call(call);
      const next: LogDto = decision === 'drop' ? noLog() : { ...log, state: decision === 'it_is_there' ? 'logged' : 'waiting', message: null, hint: null };
      return this.change(call, { log: next });
    },
    retry: ({ call }) => this.change(call, { log: { ...this.#call(call).log, state: 'logged', message: null } }),
    close_card: ({ call }) => {
      this.open.delete(call);
      this.calls = this.calls.map((one) => (one.id === call ? { ...one, card: false } : one));
      this.emit({ kind: 'card_closed', id: call });
      return {};
    },
    traces: ({ call }) => this.traces.get(call) ?? [],

    lookup: ({ number, live }) => {
      const matches = this.find(number);
      return { caller: caller(number), lookup: { running: false, matches, asked: [], forms: 9, checked: this.now() }, trace: this.#traceOf(number, live) };
    },
    search: (query) => {
      const filter = understood(query);
      const rows = this.#search(this.contacts, filter).slice(0, query.limit ?? 20);
      const instead = rows.length ? [] : spelledNearly(this.contacts, filter.text);
      return { rows: rows.length ? rows : this.misspelt, filter, instead, took_us: 120 };
    },
    search_live: (query) => {
      if (this.live) return this.live;
      const rows = this.#search(this.remote, understood(query));
      return this.remote.length ? [{ connection: 'clio', name: 'Clio', rows, message: null }] : [];
    },
    contact: ({ contact }) => this.#contact(contact),
    create_contact: ({ draft, call, force, later, instead_of }) => {
      const found = force ? [] : this.#duplicates(draft).filter((one) => one.because !== 'like_name');
      if (found.length) return { kind: 'duplicates', found };
      const { place, type } = this.#typeOf(draft);
      if (later) return wish(this, draft, call, { connection: place.name, type: type.label }, instead_of);
      const contact = this.create(draft);
      if (call) this.change(call, { choice: { contact, by: 'person' } });
      return { kind: 'created', contact };
    },
    duplicates: (draft) => this.#duplicates(draft),
    split_name: ({ name, number }) => {
      const words = name.trim().split(/\s+/);
      const stored = number && digits(number).length > 3 ? (caller(number).e164 ?? null) : null;
      const split = words.length < 2 ? { given: null, family: words[0] || null } : { given: words.slice(0, -1).join(' '), family: words.at(-1) ?? null };
      return { ...split, number: stored };
    },
    log_fields: ({ call }) => {
      const contact = this.#call(call).choice?.contact.ref ?? null;
      return { contact, fields: (contact && this.logFields[contact.connection]) ?? [] };
    },
    set_log_fields: ({ call, fields }) => {
      const before = this.#call(call);
      const choice = before.choice && { ...before.choice, by: 'person' as const };
      return this.change(call, { fields: fields.map(({ name, value }) => ({ name, value: value.trim() })).filter((one) => one.value), choice, log: { ...before.log, changed: before.log.state === 'logged' } });
    },
    add_number: ({ contact, number, call }) => {
      const found = this.#contact(contact);
      if (!this.linksOnly) found.numbers.push({ label: 'phone', text: number, raw: number });
      if (call) this.change(call, { choice: { contact: found, by: 'person' } });
      return { contact: found, linked_only: this.linksOnly !== null, message: this.linksOnly };
    },

    ...handlers(this, this.browser),

    settings: () => this.settings,
    save_settings: (wanted) => {
      if (wanted.formats.some((format) => !/[#*{]/.test(format))) throw refuse('invalid', 'A format needs a place for a digit.', 'formats', 'Write # or * for each digit.');
      if (wanted.intake_lan && !/^(10|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(wanted.intake_lan)) throw refuse('invalid', 'This is not an address of a local network', 'intake_lan', 'It looks like this: 192.168.1.20');
      this.settings = wanted;
      this.setStatus({ intake: wanted.intake_on ? { kind: 'listening', port: wanted.intake_port, lan: wanted.intake_lan } : { kind: 'off' } });
      this.emit({ kind: 'settings' });
      return wanted;
    },
    preview_formats: ({ formats, number }) =>
      formats.map((format) => {
        const places = [...format].filter((sign) => sign === '#' || sign === '*').length;
        const all = [...digits(number)];
        if (places === 0) return { format, text: null, error: 'no place for a digit' };
        return { format, text: places === all.length ? format.replace(/[#*]/g, () => all.shift() ?? '') : null, error: null };
      }),
    read_number: ({ text }) => ({
      input: text,
      kind: /\d/.test(text) ? 'number' : 'unreadable',
      e164: /\d/.test(text) ? `+${text.replace(/\D/g, '')}` : null,
      extension: null,
      keys: [],
      forms: [{ format: 'E.164', text: `+${text.replace(/\D/g, '')}` }, { format: 'national', text: digits(text) }],
    }),

    ...phoneHandlers(this, this.phoneBrowser),
    ...creationHandlers(this),
    ...quietHandlers(this),
    ...personHandlers(this),
    ...importHandlers(this),
    intake_addresses: () => this.addresses,

    unlock: () => {
      this.setStatus({ store: { kind: 'open' } });
      return this.status;
    },
    recovery_code: ({ rotate }) => ({ code: rotate ? (this.code = `${this.code}-2`) : this.code }),
    open_search: ({ text }) => {
      this.emit({ kind: 'open_search', text, call: null, hand_on: null });
      return {};
    },
    open_main: () => ({}),
    hand_on: () => ({}),
    quit: ({ force }) => {
      const { store } = this.status;
      if (force || store.kind === 'open' || store.unsaved === 0) return {};
      this.emit({ kind: 'quit_asked', unsaved: store.unsaved });
      throw refuse('unsaved', 'Calls and their notes are only in memory.');
    },
  } satisfies { [K in keyof Commands]: (args: Args<K>) => Reply<K> | Promise<Reply<K>> };

  /** Creates a contact at once. */
  create(draft: DraftDto): ContactDto {
    const { place, type } = this.#typeOf(draft);
    const contact: ContactDto = {
      ref: { connection: place.id, contact_type: type.id, id: `new-${this.#next++}` },
      name: draft.name,
      company: draft.company,
      title: draft.title,
      emails: draft.email ? [draft.email] : [],
      numbers: draft.number ? [{ label: 'phone', text: draft.number, raw: draft.number }] : [],
      type_label: type.label,
      is_company: type.is_company,
      connection_name: place.name,
      url: null,
      created: this.now(),
      last_call: null,
    };
    this.contacts.push(contact);
    return contact;
  }

  #typeOf(draft: DraftDto) {
    const place = this.connections.find((one) => one.id === draft.connection);
    const type = place?.types.find((one) => one.id === draft.contact_type);
    if (!place || !type) throw refuse('invalid', 'This connection has no such contact type.', 'contact_type');
    return { place, type };
  }

  #call(id: string): CallDto {
    return this.calls.find((call) => call.id === id) ?? this.#none();
  }

  #contact(ref: ContactRefDto): ContactDto {
    return [...this.contacts, ...this.remote].find((one) => same(one.ref, ref)) ?? this.#none();
  }

  #none(): never {
    throw refuse('not_found', 'It is not there any more.');
  }

  async #told(action: { kind: string; [more: string]: unknown }): Promise<void> {
    this.shell.push(action);
  }

  #search(among: ContactDto[], { text, types, company }: SearchFilterDto): ContactDto[] {
    const words = fold(text).split(/\s+/).filter(Boolean);
    const number = digits(text);
    return among.filter((one) => {
      if (types.length && !types.includes(one.ref.contact_type)) return false;
      if (company && !fold(one.company ?? '').includes(fold(company))) return false;
      const all = fold([one.name, one.company ?? '', ...one.emails].join(' '));
      return words.every((word) => all.includes(word)) || (number.length >= 3 && one.numbers.some((n) => digits(n.raw).includes(number)));
    });
  }

  #duplicates(draft: DraftDto): DuplicateDto[] {
    const number = digits(draft.number ?? '');
    const by = (because: DuplicateDto['because'], is: (one: ContactDto) => boolean) => this.contacts.filter(is).map((contact) => ({ contact, because }));
    const all = [
      ...by('same_number', (one) => number.length > 3 && one.numbers.some((n) => digits(n.raw) === number)),
      ...by('same_email', (one) => Boolean(draft.email) && one.emails.includes(draft.email ?? '')),
      ...by('like_name', (one) => draft.name !== '' && fold(one.name) === fold(draft.name)),
    ];
    return all.filter((one, at) => all.findIndex((other) => same(other.contact.ref, one.contact.ref)) === at);
  }

  #trace(call: CallDto, live: boolean): void {
    this.traces.set(call.id, [...(this.traces.get(call.id) ?? []), this.#traceOf(call.caller.e164 ?? call.caller.text, live)]);
  }

  #traceOf(number: string, live: boolean): TraceDto {
    const found = this.find(number).length;
    return {
      at: this.now(),
      live,
      took_us: 410,
      steps: [
        { connection: null, name: 'index', request: 'by key', forms: [caller(number).e164 ?? ''], started_after_us: 0, took_us: 400, answer: { kind: 'found', records: found, verified: found } },
        { connection: 'book', name: 'Address book', request: 'find_contact', forms: [number, digits(number)], started_after_us: 5, took_us: 900, answer: { kind: 'found', records: found, verified: found } },
      ],
    };
  }
}
