// Checks what connectors asked, and what our fakes answered, against the contracts of the CRMs' APIs.
//
// The behaviour suite leaves its requests and answers in target/contracts/NAME.json. Here a small server gives each recorded
// answer back, and Prism stands before it as a validating proxy with NAME.yaml: whatever breaks the contract, in the
// request or in the answer, comes back in the header sl-violations. One violation, or a request that the contract does
// not know, and this ends with 1. What Prism lets pass in a query is checked in query.mjs. That all of this can be seen to
// fail is tried with every contract, with requests that are wrong on purpose.
//
//     node run.mjs [NAME...]        without a name: every contract in this folder

import { spawn } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { queryCheck } from './query.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? path.join(here, '../../target');
const PATIENCE = 60_000;
// The transport's own, or made anew on the way.
const NOT_SENT = new Set(['host', 'content-length', 'accept-encoding', 'connection', 'transfer-encoding']);

function freePort() {
    return new Promise((resolve, reject) => {
        const server = net.createServer().once('error', reject);
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

// Answers the request that carries the number N as it was answered when it was recorded.
function replay(exchanges) {
    const server = http.createServer((request, response) => {
        const { reply } = exchanges[Number(request.headers['x-replay'])];
        const headers = reply.headers.filter(([name]) => !NOT_SENT.has(name.toLowerCase()));
        response.writeHead(reply.status, [...headers, ['x-replayed', request.headers['x-replay']]].flat());
        response.end(reply.body);
        request.resume();
    });
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function prism(contract, upstream) {
    const port = await freePort();
    const cli = path.join(here, 'node_modules/@stoplight/prism-cli/dist/index.js');
    const words = ['proxy', '-h', '127.0.0.1', '-p', String(port), '--verboseLevel', 'error', contract, upstream];
    const child = spawn(process.execPath, [cli, ...words], {
        env: { ...process.env, SCARF_ANALYTICS: 'false' },
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (said = (said + piece).slice(-4000)));
    const until = Date.now() + PATIENCE;
    while (!(await answers(port))) {
        if (child.exitCode !== null || Date.now() > until) {
            child.kill();
            throw new Error(`Prism did not start with ${path.basename(contract)}:\n${said}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return { child, port };
}

function answers(port) {
    return new Promise((resolve) => {
        const socket = net.connect(port, '127.0.0.1');
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
        socket.once('connect', () => socket.destroy());
    });
}

// Over node:http, so that the path goes out byte for byte.
function send(port, exchange, index) {
    const headers = exchange.headers.filter(([name]) => !NOT_SENT.has(name.toLowerCase()));
    const body = Buffer.from(exchange.body, 'utf8');
    if (body.length > 0 || exchange.method !== 'GET') headers.push(['content-length', String(body.length)]);
    const asked = {
        host: '127.0.0.1',
        port,
        method: exchange.method,
        path: exchange.path + (exchange.query ? `?${exchange.query}` : ''),
        headers: [['host', exchange.host], ...headers, ['x-replay', String(index)]].flat(),
        timeout: PATIENCE,
    };
    return new Promise((resolve, reject) => {
        const request = http.request(asked, (response) => {
            const pieces = [];
            response.on('data', (piece) => pieces.push(piece));
            response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(pieces).toString('utf8') }));
        });
        request.on('error', reject).on('timeout', () => request.destroy(new Error('no answer')));
        request.end(body);
    });
}

// What is wrong with one exchange, one line each.
function violations({ headers, body }) {
    if (headers['x-replayed'] === undefined) return [`the contract does not know it: ${body.slice(0, 300)}`];
    if (headers['sl-violations'] === undefined) return [];
    try {
        return JSON.parse(headers['sl-violations']).map(({ location, message }) => `${location.join('.')}: ${message}`);
    } catch {
        // More of them than a header may hold: Prism says only that.
        return [headers['sl-violations']];
    }
}

// Requests that are wrong on purpose, and must be seen to be.
async function seesMistakes(name, port, exchanges, queryOf) {
    const [first] = exchanges;
    const unknownPath = await send(port, { ...first, path: `${first.path}/no-such-thing` }, 0);
    if (violations(unknownPath).length === 0) throw new Error(`a path that nobody knows passed`);
    const wrong = exchanges.map((one) => ({ ...one, query: `${one.query ? `${one.query}&` : ''}nosuchname=1` }));
    if (!wrong.some((one) => queryOf(one).length > 0)) throw new Error(`a parameter that nobody knows passed`);
}

async function check(name) {
    const recorded = path.join(target, 'contracts', `${name}.json`);
    const exchanges = JSON.parse(await readFile(recorded, 'utf8'));
    if (exchanges.length === 0) throw new Error(`${recorded} holds no request`);
    const upstream = await replay(exchanges);
    const { child, port } = await prism(path.join(here, `${name}.yaml`), `http://127.0.0.1:${upstream.address().port}`);
    let wrong = 0;
    try {
        const queryOf = await queryCheck(path.join(here, `${name}.yaml`));
        await seesMistakes(name, port, exchanges, queryOf);
        for (const [index, exchange] of exchanges.entries()) {
            for (const violation of [...violations(await send(port, exchange, index)), ...queryOf(exchange)]) {
                wrong += 1;
                console.error(`${name} ${exchange.operation}: ${exchange.method} ${exchange.path}\n    ${violation}`);
            }
        }
    } finally {
        child.kill();
        upstream.close();
    }
    console.log(`${name}: ${exchanges.length} requests and answers, ${wrong} violations`);
    return wrong;
}

const all = (await readdir(here)).filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -'.yaml'.length));
const names = process.argv.length > 2 ? process.argv.slice(2) : all;
let wrong = 0;
const connectors = (await readdir(path.join(here, '../../connectors'))).filter((file) => file.endsWith('.toml'));
for (const connector of connectors.map((file) => file.slice(0, -'.toml'.length)).filter((name) => !all.includes(name))) {
    console.error(`${connector}: there is no contract ${connector}.yaml`);
    wrong += 1;
}
for (const name of names) {
    try {
        wrong += await check(name);
    } catch (error) {
        const hint = error.code === 'ENOENT' ? ' (run `cargo test -p ringside-tests --test behaviour golden` first)' : '';
        console.error(`${name}: ${error.message}${hint}`);
        wrong += 1;
    }
}
process.exit(wrong === 0 ? 0 : 1);
