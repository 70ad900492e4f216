// The CRM behind the real App Connect server, and behind the side-by-side run of ./dev bench peer: small, in memory, and as
// strict as real ones. Phone search compares texts exactly. What it does not know, it refuses.
//
//   node crm.mjs PORT PEOPLE.tsv REDIRECT_URI      API key, OAuth client and secret: see ACCESS
//
//   GET   /me                                      who is asking
//   GET   /contacts?phone=…[&type=…]               records with exactly this text as phone or mobile
//   GET   /contacts?name=…[&type=…]                records whose name holds this text
//   POST  /contacts/search {"phones":[…],"type"?}  records with one of these texts (at most 25)
//   POST  /contacts {"type","name","phone"?,…}     201, or 422 with the fields that are wrong
//   POST  /activities {"type","contact","subject",…}; GET, PATCH /activities/ID
//   GET   /oauth/authorize, POST /oauth/token      authorization code, rotating refresh tokens, consent given at once
//   POST  /_control {…}                            not part of the CRM: the knobs of a test, and what was asked so far

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

/** What the CRM lets in. Everybody may know it: it guards invented people on the loopback. */
export const ACCESS = { key: 'only-for-tests', client: 'ringside-tests', secret: 'not-a-secret' };

const TYPES = ['contact', 'lead', 'candidate'];
const ACTIVITY = ['type', 'contact', 'subject', 'note', 'body', 'extra'];

/** Records out of lines as in people.tsv. Ids count per type: the same id means somebody else in another type. */
export function readPeople(text) {
  const [head, ...lines] = text.trimEnd().split('\n').map((line) => line.split('\t'));
  return lines.map((cells) => Object.fromEntries(head.map((name, at) => [name, cells[at] ?? ''])));
}

/** @returns the server, not yet listening */
export function crm({ people = [], redirect = '', delay = 0 } = {}) {
  const knobs = { delay, perSecond: Infinity, tokenLife: 3600, refuseRefresh: false };
  const records = [];
  const activities = [];
  const codes = new Map();
  const tokens = new Map();
  let refresh;
  let asked = [];
  let recent = [];

  const add = ({ type, name, company = '', email = '', phone = '', mobile = '' }) => {
    const id = String(records.filter((record) => record.type === type).length + 1);
    const record = { id, type, name, company, email, phone, mobile, created: new Date().toISOString() };
    records.push(record);
    return record;
  };
  const fill = (all) => all.forEach(({ given, family, ...rest }) => add({ name: `${given} ${family}`, ...rest }));
  fill(people);

  const admitted = (header = '') => {
    if (header === `Basic ${Buffer.from(`${ACCESS.key}:`).toString('base64')}`) return true;
    return (tokens.get(header.replace(/^Bearer /, '')) ?? 0) > Date.now();
  };

  const authorize = (query) => {
    if (query.get('response_type') !== 'code' || query.get('client_id') !== ACCESS.client) refuse(400, 'unknown client');
    if (query.get('redirect_uri') !== redirect) refuse(400, 'redirect_uri is not the registered one');
    const code = randomBytes(12).toString('hex');
    codes.set(code, Date.now() + 60_000);
    const back = new URL(redirect);
    back.searchParams.set('code', code);
    if (query.has('state')) back.searchParams.set('state', query.get('state'));
    // Some say in the redirect whom they let in, and nowhere else.
    back.searchParams.set('tenant', 'harbour & sons');
    return [302, undefined, { location: back.href }];
  };
  const grant = (form, header) => {
    const basic = `Basic ${Buffer.from(`${ACCESS.client}:${ACCESS.secret}`).toString('base64')}`;
    if (header !== basic && form.get('client_secret') !== ACCESS.secret) refuse(401, 'invalid_client');
    if (form.get('grant_type') === 'authorization_code') {
      const until = codes.get(form.get('code')) ?? 0;
      codes.delete(form.get('code'));
      if (until < Date.now() || form.get('redirect_uri') !== redirect) refuse(400, 'invalid_grant');
    } else if (form.get('grant_type') === 'refresh_token') {
      if (knobs.refuseRefresh || !refresh || form.get('refresh_token') !== refresh) refuse(400, 'invalid_grant');
    } else refuse(400, 'unsupported_grant_type');
    const access = randomBytes(16).toString('hex');
    tokens.set(access, Date.now() + knobs.tokenLife * 1000);
    refresh = randomBytes(16).toString('hex');
    return [200, { access_token: access, refresh_token: refresh, token_type: 'bearer', expires_in: knobs.tokenLife }];
  };

  const find = (type, matches) => {
    if (type && !TYPES.includes(type)) refuse(400, `unknown type ${type}`);
    return [200, records.filter((record) => (!type || record.type === type) && matches(record))];
  };
  const has = (record, phone) => phone !== '' && (record.phone === phone || record.mobile === phone);
  const create = (body) => {
    only(body, ['type', 'name', 'company', 'email', 'phone', 'mobile']);
    const errors = {};
    if (!TYPES.includes(body.type)) errors.type = `one of ${TYPES.join(', ')}`;
    if (typeof body.name !== 'string' || !body.name.trim()) errors.name = 'is required';
    if (Object.keys(errors).length) refuse(422, 'not valid', errors);
    return [201, add(body)];
  };
  const log = (body) => {
    only(body, ACTIVITY);
    if (!records.some(({ type, id }) => type === body.type && id === body.contact)) refuse(422, 'not valid', { contact: 'is unknown' });
    activities.push({ id: `a-${activities.length + 1}`, ...body });
    return [201, activities.at(-1)];
  };
  const activity = (id) => activities.find((one) => one.id === id) ?? refuse(404, 'no such activity');

  const route = (method, path, query, body) => {
    const searching = path === '/contacts' && method === 'GET';
    for (const name of query.keys()) if (!searching || !['type', 'name', 'phone'].includes(name)) refuse(400, `unknown parameter ${name}`);
    const type = query.get('type');
    if (searching && query.has('phone')) return find(type, (record) => has(record, query.get('phone')));
    if (searching && query.get('name')) {
      const wanted = query.get('name').toLowerCase();
      return find(type, ({ name }) => name.toLowerCase().includes(wanted));
    }
    const [, id] = /^\/activities\/([^/]+)$/.exec(path) ?? [];
    if (id && method === 'GET') return [200, activity(id)];
    if (id && method === 'PATCH') {
      only(body, ACTIVITY);
      return [200, Object.assign(activity(id), body)];
    }
    switch (`${method} ${path}`) {
      case 'GET /me':
        return [200, { id: 'u-1', name: 'Pat Tester' }];
      case 'POST /contacts/search':
        only(body, ['type', 'phones']);
        if (!Array.isArray(body.phones) || body.phones.length > 25) refuse(400, 'phones: a list of at most 25');
        return find(body.type, (record) => body.phones.some((phone) => has(record, phone)));
      case 'POST /contacts':
        return create(body);
      case 'POST /activities':
        return log(body);
      default:
        return refuse(404, 'no such resource');
    }
  };

  const control = (body) => {
    for (const name of Object.keys(knobs)) if (name in body) knobs[name] = body[name] ?? Infinity;
    if (body.people) {
      records.length = activities.length = 0;
      fill(body.people);
    }
    const seen = asked;
    // A reset is as good as a quiet minute: nothing counts against the limit any more.
    if (body.reset) asked = recent = [];
    return [200, { requests: seen.length, asked: seen, activities }];
  };

  const answer = (request, text) => {
    const url = new URL(request.url, 'http://crm.invalid');
    if (url.pathname === '/_control') return control(text ? JSON.parse(text) : {});
    if (url.pathname === '/oauth/authorize') return authorize(url.searchParams);
    if (url.pathname === '/oauth/token') return grant(new URLSearchParams(text), request.headers.authorization);
    asked.push(`${request.method} ${url.pathname}`);
    const now = Date.now();
    recent = recent.filter((at) => at > now - 1000);
    if (recent.length >= knobs.perSecond) return [429, { error: 'too many requests' }, { 'retry-after': '1' }];
    recent.push(now);
    if (!admitted(request.headers.authorization)) refuse(401, 'unauthorized');
    return route(request.method, url.pathname, url.searchParams, text ? JSON.parse(text) : {});
  };

  return createServer(async (request, response) => {
    const began = performance.now();
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    let result;
    try {
      result = answer(request, text);
    } catch (error) {
      result = error instanceof SyntaxError ? [400, { error: 'not JSON' }] : error.result;
      if (!result) throw error;
    }
    const [status, body, headers = {}] = result;
    const send = () => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    const left = request.url === '/_control' ? 0 : knobs.delay - (performance.now() - began);
    if (left > 0) setTimeout(send, left);
    else send();
  });
}

function refuse(status, error, fields) {
  throw Object.assign(new Error(error), { result: [status, { error, fields }] });
}

function only(body, names) {
  for (const name of Object.keys(body)) if (!names.includes(name)) refuse(422, 'not valid', { [name]: 'is unknown' });
}

if (process.argv[1] === import.meta.filename) {
  const [port, file, redirect] = process.argv.slice(2);
  crm({ people: readPeople(readFileSync(file, 'utf8')), redirect }).listen(Number(port), '127.0.0.1');
}
