// Made from crates/ipc by `RINGSIDE_GENERATE=1 cargo test -p ringside-ipc`. Do not edit: the test `generated`
// compares this file with the Rust types.

export type AddConnectionArgs = { connector: string, name: string | null, environment: string | null, server: string | null, parameters: { [key in string]: string }, secrets: { [key in string]: SecretText }, };

export type AddNumberArgs = { contact: ContactRefDto, number: string, call: string | null, 
/**
 * The contact was chosen for the call in the same act: one undo takes back both.
 */
with_choice: boolean, };

export type AddPhoneArgs = { name: string, 
/**
 * A kind's id; without it `program`.
 */
kind: string | null, trusted: boolean, parameters: { [key in string]: string }, secrets: { [key in string]: SecretText }, };

export type AgreeArgs = { connection: string, 
/**
 * The `after` that the person saw, so that nobody agrees to what came later.
 */
after: string, };

export type AnswerDto = { "kind": "found", records: number, verified: number, } | { "kind": "failed", code: string, message: string, } | { "kind": "skipped", reason: string, } | { "kind": "odd", reason: string, };

export type ApiError = { 
/**
 * One of `Kind::code`, `bad_command`, `unsaved` for a quit that would lose calls, or `cancelled`.
 */
code: string, message: string, hint: string | null, 
/**
 * The field of a form that was refused.
 */
field: string | null, };

/**
 * One connection's part in a lookup.
 */
export type AskedDto = { connection: string, name: string, state: AskedState, 
/**
 * Why it failed or was skipped, or what of it could not be asked although somebody was found; for a person.
 */
message: string | null, };

export type AskedState = "asking" | "slow" | "found" | "not_found" | "failed" | "skipped";

export type CallArgs = { call: string, };

/**
 * One call, whole: the card paints this and nothing else. Times are Unix milliseconds, durations milliseconds.
 */
export type CallDto = { id: string, direction: DirectionDto, 
/**
 * `ringing`, `answered`, `held`, or how it ended: `completed`, `missed`, `declined`, `answered_elsewhere`,
 * `forwarded`, `transferred`, `busy`,
 * `failed`, `unknown`.
 */
state: CallStateDto, is_over: boolean, 
/**
 * Its card is open now. In a storm a call may get its card later, or lose it to a more important one and get it back.
 */
card: boolean, 
/**
 * The line, account or queue that was called.
 */
line: string | null, 
/**
 * The queue or ring group that handed the call out. Not proved.
 */
queue: string | null, 
/**
 * Who passed the call on to us, the last one first. Not proved.
 */
diverted_by: Array<CallerDto>, caller: CallerDto, started: number, zone: string, answered: number | null, ended: number | null, 
/**
 * Time talked; `null` is unknown or not answered.
 */
talked: number | null, 
/**
 * What the event said may not be trusted: shown, but nothing happens by itself.
 */
unverified: boolean, rehearsal: boolean, lookup: LookupDto, 
/**
 * The contact this call is about, and who decided so.
 */
choice: ChoiceDto | null, note: string, outcome: OutcomeDto | null, 
/**
 * What the person chose of `log_fields`. Choosing another contact empties it.
 */
fields: Array<ChosenFieldDto>, 
/**
 * Records with the caller's number that turned up in the CRM after this call's contact was created there: a colleague
 * may have created the same person at the same time. Empty once a person chose.
 */
twins: Array<ContactDto>, log: LogDto, 
/**
 * Why this call is never logged, where the person's lists say so.
 */
never_log: NeverLogDto | null, 
/**
 * On the person's list of callers that are never missed.
 */
vip: boolean, 
/**
 * The contact that is about to be created for this call.
 */
creation: CreationDto | null, 
/**
 * What `undo` would take back.
 */
undo: UndoDto | null, 
/**
 * The provider's or softphone's own id of the call, where there is one.
 */
provider_call_id: string | null, };

/**
 * A page of the call list, newest first.
 */
export type CallFilterDto = { text: string | null, missed: boolean, not_logged: boolean, 
/**
 * Only calls whose log is waiting, refused or unsure.
 */
log?: LogStateDto, 
/**
 * Id of the last call of the page before.
 */
before: string | null, 
/**
 * Only calls that were first heard of then or later, Unix milliseconds: the time in their ids. To catch up after events
 * were lost.
 */
since?: number, limit: number | null, };

export type CallStateDto = "ringing" | "answered" | "held" | "completed" | "missed" | "declined" | "answered_elsewhere" | "forwarded" | "transferred" | "busy" | "failed" | "unknown";

/**
 * Who is at the other end, as far as the phone told.
 */
export type CallerDto = { kind: CallerKind, 
/**
 * For a person to read: the number as people of that country write it, `ext. 12`, a SIP address, or empty.
 */
text: string, e164: string | null, 
/**
 * ISO 3166-1 alpha-2; the UI names the country in its own language.
 */
region: string | null, 
/**
 * What kind of line the number plan says it is: `mobile`, `fixed_line`, `toll_free`, …
 */
line_type: string | null, 
/**
 * The display name that came with the call; not proved.
 */
display: string | null, };

export type CallerKind = "number" | "extension" | "sip_address" | "withheld" | "unreadable";

export type CallsPageDto = { calls: Array<CallDto>, more: boolean, };

/**
 * Where the card shows on a desktop of several screens.
 */
export type CardScreenDto = "pointer" | "primary";

export type ChangeConnectionArgs = { connection: string, name: string | null, environment: string | null, server: string | null, 
/**
 * An empty one goes back to its default.
 */
parameters: { [key in string]: string }, 
/**
 * An empty one stays as it is.
 */
secrets: { [key in string]: SecretText }, };

export type ChangePhoneArgs = { name: string, trusted: boolean | null, 
/**
 * An empty one goes back to its default.
 */
parameters: { [key in string]: string }, 
/**
 * An empty one stays as it is.
 */
secrets: { [key in string]: SecretText }, };

export type ChoiceDto = { contact: ContactDto, by: ChosenByDto, };

export type ChooseArgs = { call: string, contact: ContactRefDto | null, };

export type ChosenByDto = "person" | "only_exact_match" | "remembered" | "first" | "last_spoken" | "earliest_created";

/**
 * One value, by the field's name.
 */
export type ChosenFieldDto = { name: string, value: string, };

export type ConnectionArgs = { connection: string, };

export type ConnectionDto = { id: string, 
/**
 * The person's name for it.
 */
name: string, 
/**
 * The connector's id: `hubspot`, `own/acme`.
 */
connector: string, 
/**
 * The connector's name: `HubSpot`.
 */
connector_name: string, state: ConnectionStateDto, 
/**
 * Calls are logged here unless the person chooses otherwise.
 */
logs_here: boolean, types: Array<ContactTypeDto>, can_create: boolean, can_log: boolean, 
/**
 * `sign_in` and `sign_out` make sense: it is signed in to in the browser.
 */
can_sign_in: boolean, 
/**
 * The connector is a file of the user's own.
 */
own: boolean, evidence: EvidenceDto | null, needs: Array<string>, limits: Array<string>, 
/**
 * The chosen environment's value.
 */
environment: string | null, 
/**
 * The server's address as it was typed, put in order.
 */
server: string | null, 
/**
 * What was filled in, by name. Never secrets.
 */
parameters: { [key in string]: string }, 
/**
 * Whose account it is, where it was just asked.
 */
account: string | null, 
/**
 * What is in the way, in a sentence.
 */
message: string | null, 
/**
 * What to do about it.
 */
hint: string | null, };

/**
 * How a connection is, and what comes next.
 */
export type ConnectionStateDto = { "kind": "ready" } | { "kind": "sign_in_needed" } | { "kind": "changed", 
/**
 * As it was agreed to, as JSON; `None`: it is not known any more.
 */
before: string | null, after: string, } | { "kind": "broken", problems: Array<ProblemDto>, } | { "kind": "unfit", error: ApiError, } | { "kind": "missing" };

/**
 * A connector that a person can choose, with everything its form needs.
 */
export type ConnectorDto = { 
/**
 * As in `config.toml`: `hubspot`, `own/acme`.
 */
id: string, name: string, origin: OriginDto, 
/**
 * The vendor's documentation of the API. https only.
 */
docs: string | null, 
/**
 * What a person or their admin must have or do first.
 */
needs: Array<string>, 
/**
 * What it cannot do, or only slowly.
 */
limits: Array<string>, 
/**
 * On what it was proved. `None`: it is part of Ringside itself.
 */
evidence: EvidenceDto | null, environment: EnvironmentDto, 
/**
 * What the person fills in, in this order.
 */
parameters: Array<ParameterDto>, 
/**
 * There is more to fill in once the server's address is known: ask `connector_fields`.
 */
asks_server: boolean, 
/**
 * After connecting, the person signs in in the browser.
 */
signs_in_with_browser: boolean, 
/**
 * What it can do, as the operations are called: `find_contact`, `create_contact`, `log_call`, …
 */
operations: Array<string>, 
/**
 * The kinds of records that it finds: `Candidate`, `Lead`.
 */
types: Array<string>, 
/**
 * There can't be two connections of it.
 */
only_once: boolean, 
/**
 * What is wrong with a file of the user's own. It can't be connected while there is anything.
 */
problems: Array<ProblemDto>, };

export type ConnectorFieldsArgs = { connector: string, server: string | null, 
/**
 * What is filled in already.
 */
parameters: { [key in string]: string }, };

/**
 * What a connector asks for at this address. A wrong address, or one that is not its CRM's, is an error on `server`.
 */
export type ConnectorFieldsDto = { 
/**
 * The CRM that the server speaks for: `Clio`.
 */
name: string, 
/**
 * The address that was typed, put in order; where none was, the one that the manifest names. What is typed goes
 * there once it comes back as the address of the connection.
 */
server: string | null, parameters: Array<ParameterDto>, signs_in_with_browser: boolean, };

export type ContactArgs = { contact: ContactRefDto, };

export type ContactDto = { ref: ContactRefDto, name: string, company: string | null, title: string | null, emails: Array<string>, numbers: Array<NumberDto>, 
/**
 * The contact type for a person to read: `Lead`.
 */
type_label: string, is_company: boolean, 
/**
 * The connection's name: `Address book`.
 */
connection_name: string, url: string | null, 
/**
 * When the record was made, where its CRM tells.
 */
created: number | null, last_call: number | null, };

export type ContactRefDto = { connection: string, contact_type: string, id: string, };

export type ContactTypeDto = { id: string, label: string, is_company: boolean, creatable: boolean, fields: Array<FieldDto>, };

export type CreateArgs = { draft: DraftDto, 
/**
 * The call to assign the new contact to.
 */
call: string | null, 
/**
 * Create although duplicates were found.
 */
force: boolean, 
/**
 * Keep it for ten seconds, in which it can be taken back, and send it then: the answer comes at once.
 */
later: boolean, 
/**
 * The one that was refused or taken back, and that this one is made of: it is gone afterwards.
 */
instead_of: string | null, };

export type CreatedDto = { "kind": "created", contact: ContactDto, } | { "kind": "waiting", creation: CreationDto, } | { "kind": "duplicates", found: Array<DuplicateDto>, };

export type CreationArgs = { creation: string, };

export type CreationDecision = "send" | "drop";

/**
 * A contact that a person wants created. It is in the journal from the first moment, so that neither a crash nor a CRM
 * that is away loses what was typed.
 */
export type CreationDto = { id: string, 
/**
 * The call that is assigned to the contact once it is there.
 */
call: string | null, 
/**
 * All that was typed.
 */
draft: DraftDto, connection_name: string, type_label: string, 
/**
 * What is to be read beside it once it is there, such as what the CRM said.
 */
said: string | null, state: CreationStateDto, };

export type CreationStateDto = { "kind": "waiting", until: number, why: ApiError | null, } | { "kind": "sending", why?: ApiError, } | { "kind": "created", contact: ContactDto, } | { "kind": "refused", error: ApiError, } | { "kind": "unsure", error: ApiError, } | { "kind": "undone" };

export type Decision = "it_is_there" | "send_again" | "drop";

export type DiagnosticsDto = { 
/**
 * All of it, to be read before it is given away: no number, no name of a person, no secret.
 */
text: string, };

export type DirectionDto = "in" | "out";

export type DraftDto = { connection: string, contact_type: string, name: string, given: string | null, family: string | null, company: string | null, title: string | null, email: string | null, number: string | null, 
/**
 * Fields that only this connection has, by their names.
 */
extra: Array<ChosenFieldDto>, };

/**
 * A record that may be the same as the draft.
 */
export type DuplicateDto = { contact: ContactDto, because: DuplicateReason, };

export type DuplicateReason = "same_number" | "same_email" | "like_name";

/**
 * Where the CRM is.
 */
export type EnvironmentDto = { "kind": "fixed" } | { "kind": "choice", options: Array<FieldOptionDto>, } | { "kind": "typed", title: string, placeholder: string | null, help: string | null, };

export type ErasedDto = { contacts: number, calls: number, creations: number, remembered: number, };

export type Event = { "kind": "heard", heard: HeardDto, } | { "kind": "call", call: CallDto, } | { "kind": "card_closed", id: string, } | { "kind": "behind" } | { "kind": "status", status: StatusDto, } | { "kind": "phones" } | { "kind": "creation", creation: CreationDto, } | { "kind": "import", import: ImportDto, } | { "kind": "reveal" } | { "kind": "show", call: string, } | { "kind": "settings" } | { "kind": "open_search", text: string, call: string | null, 
/**
 * A telephone link asked for it, and another program can make the call.
 */
hand_on: HandOnDto | null, } | { "kind": "open_main" } | { "kind": "quit_asked", unsaved: number, };

export type EvidenceDto = { kind: EvidenceKindDto, 
/**
 * In a sentence.
 */
note: string, };

export type EvidenceKindDto = "real_server" | "specification" | "documentation";

export type ExportArgs = { what: ExportWhat, };

export type ExportWhat = "contacts_csv" | "contacts_vcard" | "calls_csv";

export type FieldDto = { name: string, label: string, required: boolean, 
/**
 * What it can be; empty: any text.
 */
options: Array<FieldOptionDto>, };

/**
 * One of the values that a field can have.
 */
export type FieldOptionDto = { 
/**
 * As the CRM writes it.
 */
value: string, label: string, };

export type FinishSignInArgs = { connection: string, 
/**
 * Of the page at which the browser ended: a secret, as the code is in it.
 */
address: SecretText, };

export type FormDto = { format: string, text: string, };

/**
 * How good the proof is. Only the first three may be preselected.
 */
export type GradeDto = "exact_with_extension" | "exact" | "alias" | "alternate" | "national" | "trunk" | "tail";

export type HandOnArgs = { link: string, };

/**
 * A telephone link, and who opened such links before.
 */
export type HandOnDto = { link: string, 
/**
 * The program's name, as its desktop file says.
 */
program: string, };

/**
 * One event as its source told it, and what became of it.
 */
export type HeardDto = { 
/**
 * When it happened, Unix milliseconds.
 */
at: number, 
/**
 * Who told: `phone/Office`, `intake/Desk`, `ring`, …
 */
source: string, 
/**
 * `ringing`, `answered`, `held`, or how it ended.
 */
change: CallStateDto, 
/**
 * The call it was or became; `null` when nothing was to be made of it.
 */
call: string | null, 
/**
 * How that call stands after it: this event may have been late, or known better by another source.
 */
state: CallStateDto | null, 
/**
 * What this event alone says: `null` is not told.
 */
direction: DirectionDto | null, caller: CallerDto | null, line: string | null, queue: string | null, provider_call_id: string | null, 
/**
 * Told right after the source connected: it may have begun long ago.
 */
replay: boolean, trusted: boolean, rehearsal: boolean, };

export type HelloDto = { version: string, profile: string, pid: number, role: RoleDto, 
/**
 * Which library reads numbers, and its version.
 */
reader: string, rehearsal: boolean, 
/**
 * What draws the desktop, as the system calls it: `x11`, `wayland`; empty where it does not say.
 */
session: string, };

export type ImportArgs = { 
/**
 * Empty: the newest one.
 */
import: string, };

export type ImportColumnDto = { header: string, 
/**
 * The first values, to recognize it by.
 */
samples: Array<string>, field: ImportField, };

export type ImportColumnsArgs = { import: string, 
/**
 * One for each column.
 */
fields: Array<ImportField>, };

/**
 * How far an import is.
 */
export type ImportDto = { import: string, name: string, done: number, total: number, state: ImportStateDto, };

export type ImportFaultDto = { line: number, message: string, };

export type ImportField = "ignore" | "name" | "given" | "family" | "company" | "title" | "email" | "number" | "mobile" | "office" | "home" | "fax";

/**
 * A file as it is: the owner finds out what it is and how its text is encoded.
 */
export type ImportFileArgs = { 
/**
 * The file's name, for its ending and for the person.
 */
name: string, 
/**
 * Base64. Up to 20 MB of file.
 */
data: string, };

export type ImportFormat = "csv" | "vcard";

/**
 * What a file would bring. Nothing is kept yet.
 */
export type ImportPreviewDto = { 
/**
 * For `start_import` and another `preview_import`; forgotten after an hour.
 */
import: string, format: ImportFormat, 
/**
 * `UTF-8`, `UTF-16`, `Windows-1252`.
 */
encoding: string, 
/**
 * Of a CSV file: its columns, and what each is taken for. Empty for vCards.
 */
columns: Array<ImportColumnDto>, 
/**
 * The first 20 people, as they would be.
 */
rows: Array<ImportRowDto>, 
/**
 * All people in the file.
 */
total: number, 
/**
 * Those who are in the address book already, by name or e-mail and the same number, or by both: they are left out unless
 * wanted.
 */
known: number, 
/**
 * Numbers that can't be read; they are kept as they are.
 */
unreadable: number, 
/**
 * What can't be taken in, with its line; the first 50.
 */
faults: Array<ImportFaultDto>, fault_count: number, };

export type ImportRowDto = { line: number, name: string, company: string | null, emails: Array<string>, 
/**
 * As people of that country write them; the stored text where it can't be read.
 */
numbers: Array<string>, is_company: boolean, known: boolean, };

export type ImportStateDto = { "kind": "running" } | { "kind": "done" } | { "kind": "cancelled" } | { "kind": "failed", error: ApiError, };

export type InsteadDto = { text: string, count: number, };

export type IntakeStateDto = { "kind": "off" } | { "kind": "listening", port: number, 
/**
 * The address in the local network, where it listens there too.
 */
lan: string | null, } | { "kind": "failed", port: number, message: string, };

/**
 * One thing that is kept, and where.
 */
export type KeptDto = { 
/**
 * Stable: `database`, `settings`, `log`, `secrets`, `connectors`, `exports`.
 */
what: string, 
/**
 * A whole path, or the name of the secret store.
 */
place: string, 
/**
 * Bytes; `null` where that says nothing.
 */
size: number | null, encrypted: boolean, };

/**
 * One connection's own answer to a name.
 */
export type LiveSearchDto = { connection: string, name: string, rows: Array<ContactDto>, message: string | null, };

export type LogArgs = { call: string, 
/**
 * Log on this contact instead: an earlier log is moved there.
 */
contact: ContactRefDto | null, };

/**
 * What became of the log of this call.
 */
export type LogDto = { state: LogStateDto, 
/**
 * The write behind it, for `settle`.
 */
write: string | null, 
/**
 * Where it is or will be logged, and on whom.
 */
connection: string | null, connection_name: string | null, contact: ContactRefDto | null, contact_name: string | null, 
/**
 * Why it waits, was refused or is unsure, and what to do next.
 */
message: string | null, hint: string | null, code: string | null, 
/**
 * The field that the CRM refused: one of the log's fields, or `note`.
 */
field: string | null, 
/**
 * What the CRM said beside taking it.
 */
said: string | null, 
/**
 * When it will be tried again; Unix milliseconds.
 */
next_try: number | null, 
/**
 * The log's own page.
 */
url: string | null, 
/**
 * A log that is there may be put on another contact.
 */
moves: boolean, 
/**
 * The note, outcome or fields were changed after it was logged, and the change is not there yet.
 */
changed: boolean, };

export type LogFieldDto = { name: string, label: string, required: boolean, 
/**
 * It is typed, and has no options.
 */
typed: boolean, 
/**
 * The value that counts while none is chosen.
 */
default: string | null, options: Array<FieldOptionDto>, 
/**
 * Why its choices could not be asked for, in the CRM's words.
 */
failed: string | null, };

export type LogFieldsArgs = { call: string, fields: Array<ChosenFieldDto>, };

/**
 * What this CRM wants to know about a call with the chosen contact.
 */
export type LogFieldsDto = { 
/**
 * The contact that the choices are for; `null` when nobody is chosen.
 */
contact: ContactRefDto | null, fields: Array<LogFieldDto>, };

/**
 * What happens when a call ends.
 */
export type LogRuleDto = "ask" | "always" | "never";

export type LogStateDto = "not_logged" | "set_aside" | "waiting" | "logged" | "refused" | "unsure";

export type LookupArgs = { number: string, live: boolean, };

/**
 * What lookup knows so far. Append-only: nothing that was shown moves.
 */
export type LookupDto = { running: boolean, matches: Array<MatchDto>, 
/**
 * Every place that is or was asked, in the order of the connections.
 */
asked: Array<AskedDto>, 
/**
 * Forms of the number that were tried.
 */
forms: number, 
/**
 * When the newest answer came; Unix milliseconds.
 */
checked: number | null, };

/**
 * Who the number is, as far as its digits tell, and whom it belongs to.
 */
export type LookupReplyDto = { caller: CallerDto, lookup: LookupDto, trace: TraceDto, };

export type MatchDto = { contact: ContactDto, grade: GradeDto, 
/**
 * Index into `contact.numbers`: the one that proved it.
 */
number: number, 
/**
 * When the data was read from its CRM.
 */
as_of: number, 
/**
 * Answered by the CRM just now, not by the index.
 */
live: boolean, 
/**
 * A live answer no longer has it: the record was deleted, or its number changed.
 */
gone: boolean, 
/**
 * Other records that are the same person: same number and same name or e-mail.
 */
also: Array<ContactDto>, };

export type NeverLogDto = "own_number" | "listed" | "rehearsal";

/**
 * Shown once, when a phone is added: the token is not shown again.
 */
export type NewPhoneDto = { phone: PhoneDto, 
/**
 * Lines to copy, one for each phone that we know. Empty for phones that we connect to.
 */
recipes: Array<RecipeDto>, };

/**
 * Nobody has the caller's number. A contact is never created without a person.
 */
export type NobodyDto = "ask" | "search" | "create";

export type NoteArgs = { call: string, note: string, outcome: OutcomeDto | null, };

export type Nothing = Record<symbol, never>;

/**
 * One thing that does not work as set, in words, with what to do about it.
 */
export type NoticeDto = { 
/**
 * Stable: `settings_broken`, `settings_unknown`, `autostart`, `tel_links`, `hotkey`, `phones`, `connectors`,
 * `phone_trouble` for phones that do not tell of calls now, `intake_lan` for desk phones that can't report.
 */
code: string, message: string, hint: string | null, };

/**
 * What became of a number that was to be added to a contact.
 */
export type NumberAddedDto = { contact: ContactDto, 
/**
 * The CRM did not take it. On this machine the number belongs to the contact; in the CRM nothing changed.
 */
linked_only: boolean, 
/**
 * Why, for a person.
 */
message: string | null, };

export type NumberDto = { label: string, 
/**
 * As people of that country write it; the stored text where it can't be read.
 */
text: string, 
/**
 * As stored.
 */
raw: string, };

/**
 * One string, read: what `ringside number` prints.
 */
export type NumberReadDto = { input: string, 
/**
 * `number`, `extension`, `sip_address`, `withheld`, `unreadable`.
 */
kind: string, e164: string | null, extension: string | null, keys: Array<string>, forms: Array<FormDto>, };

export type OpenRecordDto = "by_hand" | "ring" | "answer";

export type OpenSearchArgs = { text: string, 
/**
 * The telephone link that asks for it, whole: the window may offer to hand it on.
 */
link: string | null, };

/**
 * Who made a connector.
 */
export type OriginDto = { "kind": "built_in" } | { "kind": "shipped" } | { "kind": "own", file: string, };

export type OutcomeDto = "connected" | "left_message" | "no_answer" | "busy" | "wrong_number" | "call_back";

/**
 * Something the person fills in.
 */
export type ParameterDto = { name: string, title: string, kind: ParameterKindDto, help: string | null, placeholder: string | null, required: boolean, default: string | null, 
/**
 * A regular expression that the whole value must match.
 */
pattern: string | null, 
/**
 * For a choice.
 */
options: Array<FieldOptionDto>, 
/**
 * What the CRM behind the server can be set to; it may stay as it is, and stands apart from what is needed to connect.
 */
is_setting: boolean, };

export type ParameterKindDto = "text" | "secret" | "choice" | "bool" | "int";

export type PauseArgs = { until: number | null, };

/**
 * One person: by a record of theirs, by a number, or both. At least one is there.
 */
export type PersonArgs = { contact: ContactRefDto | null, number: string | null, };

/**
 * What this computer keeps of a person.
 */
export type PersonDto = { 
/**
 * Records in the index and in the address book: those asked for, and those of the same person, by number and name or
 * e-mail; of a number asked for by itself, all that have it. Erasing takes exactly these.
 */
contacts: Array<ContactDto>, 
/**
 * Newest first; at most 200 of `call_count`.
 */
calls: Array<CallDto>, call_count: number, 
/**
 * Contacts that are to be created for them, or were within a day: what was typed is kept for so long. Newest first.
 */
creations: Array<CreationDto>, 
/**
 * Remembered choices and links of their numbers.
 */
remembered: number, 
/**
 * Logs that are still owed to a CRM: erasing gives them up.
 */
owed: number, };

export type PhoneArgs = { name: string, };

/**
 * What was heard of the person's trial call since they asked to check the phone: each mark appears as it happens.
 */
export type PhoneCheckDto = { 
/**
 * When the check began; Unix milliseconds.
 */
since: number, 
/**
 * Nothing more is waited for: the trial call ended.
 */
done: boolean, rang: boolean, 
/**
 * The other end's number, or that it is withheld, was told.
 */
number: boolean, name: boolean, answered: boolean, ended: boolean, };

/**
 * A phone that is set up.
 */
export type PhoneDto = { 
/**
 * The person's name for it, unique without regard to case.
 */
name: string, 
/**
 * The kind's id.
 */
kind: string, 
/**
 * What it reports may log calls by itself.
 */
trusted: boolean, created: number, last_seen: number | null, state: PhoneStateDto, 
/**
 * What was filled in, by name. Never secrets.
 */
parameters: { [key in string]: string }, 
/**
 * `null`: this kind has no sign-in.
 */
signed_in: boolean | null, 
/**
 * The trial call, while one is waited for, and afterwards until the next one.
 */
check: PhoneCheckDto | null, };

/**
 * A kind of phone that a person can choose, with everything its form needs.
 */
export type PhoneKindDto = { 
/**
 * As in `config.toml`: `sip`, `ringcentral`, `asterisk`, `baresip`, `program`, `desk`.
 */
id: string, name: string, 
/**
 * For whom it is, in a sentence.
 */
summary: string, 
/**
 * What the person fills in, in this order. One named `clear_text` is the consent to a connection without encryption:
 * the form shows it, with a warning, as long as what is chosen needs it.
 */
parameters: Array<ParameterDto>, 
/**
 * What a person or their admin must have or do first.
 */
needs: Array<string>, 
/**
 * What it can't tell.
 */
limits: Array<string>, evidence: EvidenceDto, 
/**
 * After adding it, the person signs in in the browser.
 */
signs_in_with_browser: boolean, 
/**
 * It reports to our intake: adding it makes a token, and lines to copy.
 */
uses_intake: boolean, };

/**
 * Something to know about a phone that works: it speaks clear text, it tells no numbers.
 */
export type PhoneNoteDto = { code: string, message: string, hint: string | null, };

/**
 * How a phone is doing. `message` is a sentence that names the server and the reason, `hint` the next step.
 */
export type PhoneStateDto = { "kind": "off" } | { "kind": "connecting" } | { "kind": "ready", notes: Array<PhoneNoteDto>, } | { "kind": "retrying", code: string, message: string, hint: string | null, next_try: number, } | { "kind": "stopped", code: string, message: string, hint: string | null, field: string | null, };

export type PopDto = "always" | "incoming" | "never";

export type PresentArgs = { on: boolean, };

export type PreviewArgs = { formats: Array<string>, number: string, };

/**
 * One of the user's formats, tried on one number.
 */
export type PreviewDto = { format: string, 
/**
 * `null`: it does not fit this number.
 */
text: string | null, 
/**
 * The format itself can't be read.
 */
error: string | null, };

/**
 * A fault in a file, and where it is.
 */
export type ProblemDto = { message: string, hint: string | null, 
/**
 * Counted from 1.
 */
line: number, column: number, 
/**
 * Where in the manifest: `find_contact.request.json`. Empty: the file as a whole.
 */
path: string, };

/**
 * Why no card pops, or shows less. Calls are looked up and logged all the same.
 */
export type QuietDto = { 
/**
 * Unix milliseconds.
 */
paused_until: number | null, 
/**
 * Others see this screen: the card says who is calling only when it is asked.
 */
presenting: boolean, 
/**
 * The desktop says so.
 */
do_not_disturb: boolean, 
/**
 * The session is locked: nothing says who is calling.
 */
locked: boolean, };

export type QuitArgs = { 
/**
 * Quit although calls that are only in memory are lost with it.
 */
force: boolean, };

export type ReadArgs = { text: string, };

export type RecipeDto = { title: string, 
/**
 * Where the lines go, in a sentence or two.
 */
place: string, text: string, };

export type RecoveryArgs = { rotate: boolean, };

export type RecoveryDto = { code: string, };

export type RehearseArgs = { 
/**
 * A part of the script: `known`, `several`, `unknown`, `withheld`; all of it when absent.
 */
part: string | null, };

/**
 * What a command line, a link or a hook says about a call.
 */
export type ReportDto = { 
/**
 * The other end: a number, a SIP or tel URI, an extension, `anonymous`.
 */
from: string | null, 
/**
 * Our end.
 */
to: string | null, name: string | null, direction: DirectionDto | null, state: ReportState | null, call_id: string | null, };

export type ReportState = "ringing" | "answered" | "held" | "ended";

export type ReportedDto = { call: string | null, };

/**
 * What kind of process owns the profile.
 */
export type RoleDto = "app" | "command_line";

/**
 * A file that was written: readable by the user only.
 */
export type SavedFileDto = { 
/**
 * Whole path.
 */
path: string, 
/**
 * Records in it.
 */
count: number, };

export type SearchDto = { text: string, 
/**
 * Contact types' ids; empty is all.
 */
types: Array<string>, 
/**
 * Part of the company's name.
 */
company?: string, limit: number | null, 
/**
 * Who searches while they type, by a name of their own: a newer live search of the same one ends this one, and what it
 * still asks. Without it a search goes on to its end.
 */
typing?: string, };

export type SearchFilterDto = { 
/**
 * What is left to search for.
 */
text: string, types: Array<string>, company: string | null, };

/**
 * Rows of the index, at once.
 */
export type SearchResultDto = { rows: Array<ContactDto>, 
/**
 * What the text meant besides words: `t:lead co:acme` typed into it, and `types` and `company` that were asked for.
 */
filter: SearchFilterDto, 
/**
 * Nobody was found: names that are there and are spelt nearly so, with how many have them.
 */
instead: Array<InsteadDto>, 
/**
 * Microseconds in the index.
 */
took_us: number, };

/**
 * What a person typed and nobody else may read: its Debug is masked, and it is wiped when dropped as far as the language
 * allows. On the wire it is a text.
 */
export type SecretText = string;

/**
 * What a person may set. Every value has a default that works; `docs/config.md` has a line for each.
 */
export type SettingsDto = { 
/**
 * ISO 3166-1 alpha-2; `null`: numbers need a country code.
 */
home: string | null, 
/**
 * Digits dialled to get out of a PBX.
 */
outside_prefix: string | null, 
/**
 * The user's own formats, as typed: `(###) ###-####`, `DE: 0*** *******`.
 */
formats: Array<string>, 
/**
 * Calls from these are never looked up and never logged.
 */
own_numbers: Array<string>, 
/**
 * Calls with these are looked up and shown, and never logged.
 */
never_log: Array<string>, 
/**
 * These pop even while Ringside is paused or the desktop is not to be disturbed.
 */
vip: Array<string>, pop: PopDto, 
/**
 * Which of several matches is preselected when nothing else decides.
 */
several: SeveralDto, 
/**
 * What opens by itself when nobody is found.
 */
nobody: NobodyDto, 
/**
 * When the record of a single exact match opens in the browser.
 */
open_record: OpenRecordDto, log_rule: LogRuleDto, notify: boolean, 
/**
 * No card while the desktop is set to "do not disturb", or a window fills the screen.
 */
respect_do_not_disturb: boolean, 
/**
 * Single letters press buttons of the card.
 */
letter_keys: boolean, card_screen: CardScreenDto, 
/**
 * How large the windows are drawn, in percent: one of [`TEXT_SIZES`].
 */
text_size: number, start_with_system: boolean, 
/**
 * `tel:` and `callto:` links open Ringside.
 */
handle_tel_links: boolean, search_hotkey: string | null, card_hotkey: string | null, 
/**
 * Switches "presenting" on and off.
 */
present_hotkey: string | null, 
/**
 * Shows the notification of the newest call again, for screen readers.
 */
say_hotkey: string | null, intake_on: boolean, intake_port: number, 
/**
 * The address of this computer in the local network on which desk phones may report calls too; `null`: only programs on
 * this computer may.
 */
intake_lan: string | null, 
/**
 * Calls older than this are deleted, unless something of them is still owed to a CRM; `null`: they are kept.
 */
keep_calls_days: number | null, 
/**
 * The first steps were gone through, or skipped.
 */
welcomed: boolean, };

export type SettleArgs = { call: string, write: string, decision: Decision, };

export type SettleCreationArgs = { creation: string, decision: CreationDecision, };

/**
 * Several contacts have the caller's number, and no choice was made for it before.
 */
export type SeveralDto = "ask" | "first" | "last_spoken" | "earliest_created";

/**
 * How far a sign-in came.
 */
export type SignedInDto = { "kind": "done", connection: ConnectionDto, } | { "kind": "paste" };

export type SnapshotDto = { calls: Array<CallDto>, status: StatusDto, };

export type SplitArgs = { connection: string, contact_type: string, name: string, number: string | null, };

/**
 * How a typed name would be split, and how its CRM would store the number; shown before anything is written.
 */
export type SplitDto = { given: string | null, family: string | null, 
/**
 * `null`: none was typed, or it can't be read and goes there as it is.
 */
number: string | null, };

export type StartImportArgs = { import: string, 
/**
 * Also those who are there already.
 */
known_too: boolean, };

export type StatusDto = { store: StoreStateDto, contacts: number, numbers: number, unreadable: number, waiting: number, refused: number, unsure: number, missed: number, 
/**
 * Contacts that a person wants created and that are not yet: waiting, refused or unsure.
 */
creating: number, quiet: QuietDto, intake: IntakeStateDto, 
/**
 * What the person should know and can change: a settings file that can't be read, a key that is taken.
 */
notices: Array<NoticeDto>, };

export type StoreStateDto = { "kind": "open" } | { "kind": "in_memory", code: string, message: string, hint: string | null, unsaved: number, has_file: boolean, };

/**
 * What one lookup did, step by step.
 */
export type TraceDto = { at: number, live: boolean, 
/**
 * Microseconds.
 */
took_us: number, steps: Array<TraceStepDto>, };

export type TraceStepDto = { 
/**
 * `null`: the local index.
 */
connection: string | null, name: string, request: string, forms: Array<string>, started_after_us: number, took_us: number, answer: AnswerDto, };

/**
 * The newest thing a person did with a call that can be taken back.
 */
export type UndoDto = { "kind": "creation", until: number, } | { "kind": "choice", before: string | null, } | { "kind": "set_aside" };

export type UnlockArgs = { 
/**
 * The recovery code; without it the secret store is asked again.
 */
code: string | null, };

export type UnreadableArgs = { 
/**
 * How many to leave out: those that were shown.
 */
after: number, limit: number | null, };

/**
 * A stored number that nothing can be made of.
 */
export type UnreadableDto = { contact: ContactDto, label: string, 
/**
 * As stored.
 */
raw: string, };

export type UnreadablePageDto = { rows: Array<UnreadableDto>, more: boolean, };

/** What the owner can be asked, and what it answers. */
export interface Commands {
  hello: { args: Nothing; reply: HelloDto };
  snapshot: { args: Nothing; reply: SnapshotDto };
  report: { args: ReportDto; reply: ReportedDto };
  rehearse: { args: RehearseArgs; reply: ReportedDto };
  calls: { args: CallFilterDto; reply: CallsPageDto };
  see_missed: { args: Nothing; reply: StatusDto };
  call: { args: CallArgs; reply: CallDto };
  refresh: { args: CallArgs; reply: CallDto };
  choose: { args: ChooseArgs; reply: CallDto };
  note: { args: NoteArgs; reply: CallDto };
  log_fields: { args: CallArgs; reply: LogFieldsDto };
  set_log_fields: { args: LogFieldsArgs; reply: CallDto };
  log: { args: LogArgs; reply: CallDto };
  set_aside: { args: CallArgs; reply: CallDto };
  settle: { args: SettleArgs; reply: CallDto };
  retry: { args: CallArgs; reply: CallDto };
  close_card: { args: CallArgs; reply: Nothing };
  undo: { args: CallArgs; reply: CallDto };
  traces: { args: CallArgs; reply: Array<TraceDto> };
  lookup: { args: LookupArgs; reply: LookupReplyDto };
  search: { args: SearchDto; reply: SearchResultDto };
  search_live: { args: SearchDto; reply: Array<LiveSearchDto> };
  contact: { args: ContactArgs; reply: ContactDto };
  create_contact: { args: CreateArgs; reply: CreatedDto };
  creations: { args: Nothing; reply: Array<CreationDto> };
  undo_creation: { args: CreationArgs; reply: CreationDto };
  settle_creation: { args: SettleCreationArgs; reply: CreationDto };
  duplicates: { args: DraftDto; reply: Array<DuplicateDto> };
  split_name: { args: SplitArgs; reply: SplitDto };
  add_number: { args: AddNumberArgs; reply: NumberAddedDto };
  connections: { args: Nothing; reply: Array<ConnectionDto> };
  test_connection: { args: ConnectionArgs; reply: ConnectionDto };
  log_here: { args: ConnectionArgs; reply: Array<ConnectionDto> };
  connectors: { args: Nothing; reply: Array<ConnectorDto> };
  connector_fields: { args: ConnectorFieldsArgs; reply: ConnectorFieldsDto };
  add_connection: { args: AddConnectionArgs; reply: ConnectionDto };
  change_connection: { args: ChangeConnectionArgs; reply: ConnectionDto };
  sign_in: { args: ConnectionArgs; reply: SignedInDto };
  finish_sign_in: { args: FinishSignInArgs; reply: ConnectionDto };
  cancel_sign_in: { args: ConnectionArgs; reply: Nothing };
  sign_out: { args: ConnectionArgs; reply: ConnectionDto };
  agree_to_connector: { args: AgreeArgs; reply: ConnectionDto };
  remove_connection: { args: ConnectionArgs; reply: Array<ConnectionDto> };
  settings: { args: Nothing; reply: SettingsDto };
  save_settings: { args: SettingsDto; reply: SettingsDto };
  preview_formats: { args: PreviewArgs; reply: Array<PreviewDto> };
  read_number: { args: ReadArgs; reply: NumberReadDto };
  pause: { args: PauseArgs; reply: StatusDto };
  present: { args: PresentArgs; reply: StatusDto };
  unreadable: { args: UnreadableArgs; reply: UnreadablePageDto };
  person: { args: PersonArgs; reply: PersonDto };
  export_person: { args: PersonArgs; reply: SavedFileDto };
  erase_person: { args: PersonArgs; reply: ErasedDto };
  export: { args: ExportArgs; reply: SavedFileDto };
  kept: { args: Nothing; reply: Array<KeptDto> };
  diagnostics: { args: Nothing; reply: DiagnosticsDto };
  preview_import: { args: ImportFileArgs; reply: ImportPreviewDto };
  map_import: { args: ImportColumnsArgs; reply: ImportPreviewDto };
  start_import: { args: StartImportArgs; reply: ImportDto };
  take_back_import: { args: ImportArgs; reply: ImportDto };
  phones: { args: Nothing; reply: Array<PhoneDto> };
  phone_kinds: { args: Nothing; reply: Array<PhoneKindDto> };
  add_phone: { args: AddPhoneArgs; reply: NewPhoneDto };
  cancel_add_phone: { args: PhoneArgs; reply: Nothing };
  change_phone: { args: ChangePhoneArgs; reply: PhoneDto };
  remove_phone: { args: PhoneArgs; reply: Array<PhoneDto> };
  check_phone: { args: PhoneArgs; reply: PhoneDto };
  retry_phone: { args: PhoneArgs; reply: PhoneDto };
  sign_in_phone: { args: PhoneArgs; reply: PhoneDto };
  cancel_phone_sign_in: { args: PhoneArgs; reply: Nothing };
  intake_addresses: { args: Nothing; reply: Array<string> };
  unlock: { args: UnlockArgs; reply: StatusDto };
  recovery_code: { args: RecoveryArgs; reply: RecoveryDto };
  open_search: { args: OpenSearchArgs; reply: Nothing };
  hand_on: { args: HandOnArgs; reply: Nothing };
  open_main: { args: Nothing; reply: Nothing };
  quit: { args: QuitArgs; reply: Nothing };
}
