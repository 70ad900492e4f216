// Every state of the windows that a person can meet, as scenes of the UI's demo: which window, which scene, what is done
// then, and how wide it is. Steps are the browser's: `press` clicks by test id, `key` presses a key in the page, `type` fills
// a field, `focus` puts the ring on something, `find` waits for something, `run` does what the owner does meanwhile.
//
// `fixed`: the window has this height and scrolls, instead of the height of all that is in it. `typed`: the CRMs
// are asked about what was typed, after a pause. `reviewed`: whether it is held against its reviewed picture; every other check
// is made of each.

const CARD = { view: 'card', width: 380, height: 420 };
const SEARCH = { view: 'search', width: 640, height: 420, fixed: true, typed: true };
const MAIN = { view: 'main', width: 1000, height: 600 };

const card = (name, scene, steps = [], more = {}) => ({ name: `card-${name}`, ...CARD, scene, steps, ...more });
const search = (name, scene, text, steps = [], more = {}) => ({ name: `search-${name}`, ...SEARCH, scene, query: text ? { text } : {}, steps, ...more });
const main = (name, page, scene = 'list', steps = [], more = {}) => ({ name: `main-${name}`, ...MAIN, scene, query: { page }, steps, ...more });

/** Letters of the system's own fonts are in it: it looks another way on every machine. */
const FOREIGN = { reviewed: false };
/** Looks like another but for a part of it: painted and looked through, and held against nothing, so that the set stays small. */
const LIKE = { reviewed: false };

const TYPED = { typed: true };

const presses = (...ids) => ids.map((press) => ({ press }));
const letters = (...keys) => keys.map((key) => ({ key }));
const createNow = { type: 'create-name', text: 'Samir Nagheenanajar' };
const csv = { file: 'import-file', name: 'contacts.csv', text: 'Name,Firma,Telefon\nBob Slydell,Slydell & Porter,(415) 555-0151\n' };
/** How far an import is, as the owner tells. */
const imported = (done, state) => ({ run: `(fake) => fake.emit({ kind: 'import', import: { import: 'contacts.csv', name: 'contacts.csv', done: ${done}, total: 1167, state: ${JSON.stringify(state)} } })` });
const person = [{ type: 'person-text', text: 'Anna Meier' }, ...presses('person-find', 'person-candidate-0')];

export const SCENES = [
  // A call that rings.
  card('known', 'known'),
  card('several', 'several'),
  card('choose', 'choose'),
  card('rule', 'rule'),
  card('chosen', 'chosen'),
  card('thousand', 'thousand'),
  card('unknown', 'unknown'),
  card('stopped', 'stopped'),
  card('also', 'also', [], LIKE),
  card('withheld', 'withheld'),
  card('uncertain', 'uncertain'),
  card('offline', 'offline'),
  card('memory', 'memory'),
  card('routed', 'routed'),
  card('extension', 'extension'),
  card('dialled', 'dialled'),
  card('vip', 'vip'),
  card('letters', 'letters'),
  card('stack', 'stack'),
  card('storm', 'storm'),
  card('focus', 'known', [{ focus: 'btn-note' }]),
  card('focus-row', 'choose', [{ focus: 'match-2' }]),
  // While others see the screen.
  card('presenting', 'presenting'),
  card('presenting-revealed', 'presenting', presses('btn-reveal')),
  card('presenting-bar', 'presenting', letters('Escape')),
  // The call goes on, and is over.
  card('answered', 'answered'),
  card('answered-outcome', 'answered', letters('d')),
  card('bar', 'known', letters('Escape')),
  card('note', 'known', letters('n')),
  card('ended', 'ended'),
  card('fields', 'fields'),
  card('twins', 'twins'),
  card('missed', 'missed'),
  card('elsewhere', 'elsewhere'),
  card('forwarded', 'forwarded'),
  card('transferred', 'transferred'),
  card('logged', 'logged'),
  card('set-aside', 'ended', presses('btn-dont_log')),
  card('refused', 'refused'),
  card('unsure', 'unsure'),
  card('move', 'logged', presses('btn-move')),
  card('never', 'never'),
  // A contact that is created.
  card('create', 'unknown', letters('c'), TYPED),
  card('create-places', 'places', letters('c'), TYPED),
  card('create-twice', 'unknown', [...letters('c'), { type: 'create-name', text: 'Anna Meier' }, { find: 'dup' }], TYPED),
  card('creating', 'creating'),
  card('creating-waits', 'creating-waits'),
  card('creating-fix', 'creating-refused', [], TYPED),
  card('creating-refused', 'creating-refused', presses('btn-back')),
  card('creating-unsure', 'creating-unsure'),
  // Panels.
  card('why', 'known', letters('x')),
  card('keys', 'known', letters('?')),
  card('keys-off', 'letters', presses('btn-why', 'btn-keys')),
  // Words as long as they get, and names as hostile.
  card('long', 'long'),
  card('hostile', 'hostile', [], FOREIGN),
  card('nasty', 'nasty', [{ run: '(fake) => fake.ring("+44 20 7946 0018")' }], FOREIGN),

  search('empty', 'list'),
  search('found', 'choose', 'anna me', [{ find: 'search-row-3' }]),
  search('eight', 'eight', 'an'),
  search('selected', 'eight', 'an', letters('ArrowDown', 'ArrowDown')),
  search('number', 'choose', '23125 0'),
  search('filter', 'choose', 'co:initech t:lead'),
  search('nearly', 'choose', 'merz', [{ find: 'search-instead-0' }]),
  search('misspelt', 'misspelt', 'ana meir'),
  search('nothing', 'unknown', 'qqxx'),
  search('stopped', 'stopped', 'qqxx', [{ find: 'search-stopped' }], LIKE),
  search('failed', 'silent', 'anna', [{ find: 'search-failed' }]),
  search('link', 'unknown', 'anna'),
  search('presenting', 'presenting', 'anna'),
  search('hand-on', 'choose', '', [{ run: "(fake) => fake.emit({ kind: 'open_search', text: '030 23125 045', call: null, hand_on: { link: 'tel:+493023125045', program: 'Softphone' } })" }]),
  search('create', 'unknown', 'Samir', [{ key: 'n', ctrlKey: true }, createNow], { fixed: false, height: 420 }),
  search('memory', 'memory', 'anna'),
  search('hostile', 'nasty', 'anna', [], FOREIGN),

  main('calls', 'calls'),
  main('calls-empty', 'calls', 'nothing'),
  main('calls-none-fit', 'calls', 'list', [{ type: 'calls-filter', text: 'qqxx' }, { find: 'calls-all' }]),
  main('calls-missed', 'calls', 'list', presses('filter-missed')),
  main('calls-focus', 'calls', 'list', [{ focus: 'main-call-step-1' }]),
  main('calls-fresh', 'calls', 'list', [...presses('calls-select'), { run: '(fake) => fake.ring("030 23125 045")' }], LIKE),
  main('bulk', 'calls', 'list', [...presses('calls-select', 'main-call-pick-1', 'main-call-pick-2', 'main-call-pick-4')]),
  main('details', 'calls', 'list', presses('main-call-open-0')),
  main('details-refused', 'calls', 'list', presses('main-call-open-4'), LIKE),
  main('details-why', 'calls', 'list', presses('main-call-open-2', 'details-why'), LIKE),
  main('creations', 'calls', 'creations', presses('filter-creating')),
  main('creations-change', 'calls', 'creations', presses('filter-creating', 'creation-change'), LIKE),
  main('calls-hostile', 'calls', 'nasty', presses('main-call-open-0'), FOREIGN),
  main('locked', 'calls', 'locked'),
  main('quit', 'calls', 'locked', [], { query: { page: 'calls', quit: 'asked' } }),
  main('notices', 'calls', 'troubled'),
  main('paused', 'calls', 'paused'),
  main('disturbed', 'calls', 'disturbed'),

  main('connections', 'connections', 'connections'),
  main('connect', 'connections', 'list', presses('connection-add'), LIKE),
  main('connect-form', 'connections', 'list', presses('connection-add', 'connector-hubspot')),
  main('connect-addresses', 'connections', 'list', presses('connection-add', 'connector-bullhorn'), LIKE),
  main('connection-changed', 'connections', 'connections', presses('connection-see'), LIKE),
  main('connection-signs-in', 'connections', 'connections', presses('connection-sign-in'), LIKE),
  main('phones', 'phones', 'phones'),
  main('phones-empty', 'phones'),
  main('phone-form', 'phones', 'list', presses('phone-add', 'phone-kind-sip'), LIKE),
  main('contacts', 'contacts'),
  main('import-preview', 'contacts', 'imported', [csv]),
  main('import-faults', 'contacts', 'imported', [csv, { css: '[data-testid=import-faults] summary' }], LIKE),
  main('import-running', 'contacts', 'list', [csv, ...presses('import-start'), imported(412, { kind: 'running' })]),
  main('import-done', 'contacts', 'list', [csv, ...presses('import-start'), imported(1167, { kind: 'done' })]),
  main('import-failed', 'contacts', 'list', [csv, ...presses('import-start'), imported(412, { kind: 'failed', error: { code: 'io', message: 'The disk is full', hint: 'Make room, then take it in again: nobody comes twice', field: null } })], LIKE),
  main('import-refused', 'contacts', 'list', [{ run: "(fake) => fake.fail('preview_import', { code: 'invalid', message: 'This is a picture, and no list of contacts', hint: 'Choose a file that ends in .csv or .vcf', field: null })" }, csv], LIKE),
  main('numbers', 'numbers'),
  main('unreadable', 'numbers', 'junk', presses('index-unreadable'), FOREIGN),
  main('rules', 'rules'),
  main('privacy', 'privacy', 'list', [], LIKE),
  main('privacy-code', 'privacy', 'list', presses('recovery-show'), LIKE),
  main('privacy-locked', 'privacy', 'locked', [], LIKE),
  main('person', 'privacy', 'person', person, LIKE),
  main('person-erase', 'privacy', 'person', [...person, ...presses('person-erase')]),
  main('diagnostics', 'privacy', 'list', presses('diagnostics-show'), LIKE),
  main('about', 'about', 'list', [], LIKE),
  main('about-troubled', 'about', 'troubled'),

  main('first', 'calls', 'first', [], { height: 720 }),
  main('first-rang', 'calls', 'first', presses('first-ring'), { height: 720 }),
  main('first-phone', 'calls', 'first', presses('first-next'), { height: 720, ...LIKE }),
  main('first-contacts', 'calls', 'first', presses('first-next', 'first-next'), { height: 720 }),
  main('first-numbers', 'calls', 'first', presses('first-next', 'first-next', 'first-next'), { height: 720 }),
  main('first-done', 'calls', 'first', presses('first-next', 'first-next', 'first-next', 'first-next'), { height: 720 }),
];

/** Painted in forced colours as well: each kind of button, field, chip, row, switch and line once. */
export const FORCED = ['card-known', 'card-several', 'card-focus', 'card-create', 'card-refused', 'card-why', 'card-storm', 'search-found', 'search-nothing', 'main-calls', 'main-bulk', 'main-phones', 'main-rules', 'main-import-preview', 'main-first', 'main-quit'];
