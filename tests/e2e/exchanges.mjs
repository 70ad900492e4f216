// What the app connects to when it hears of calls, in small: baresip's control connection and Asterisk's manager, strict, as
// their wires are written down in crates/sources/src/{baresip,asterisk}.rs. Whoever says what they do not know is an error.

import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A server on the loopback that can go away and come back on the same port. */
class Exchange {
  port = 0;
  /** What the app said that it should not have. */
  faults = [];
  #server;
  #sockets = new Set();

  async listen() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.setNoDelay(true).on('error', () => {}).on('close', () => this.#sockets.delete(socket));
      this.greet(socket);
    });
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = this.#server.address().port;
    return this;
  }

  get address() {
    return `127.0.0.1:${this.port}`;
  }

  say(text) {
    for (const socket of this.#sockets) socket.write(text);
  }

  async close() {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server?.listening) {
      this.#server.close();
      await once(this.#server, 'close');
    }
  }

  greet() {}
}

/** baresip with its module ctrl_tcp. */
export class Baresip extends Exchange {
  /** Calls that go on, by id. */
  #calls = new Map();
  #last = null;

  greet(socket) {
    // It serves one at a time: a newer one ends the older.
    this.#last?.destroy();
    this.#last = socket;
    let received = '';
    socket.setEncoding('utf8').on('data', (text) => {
      received += text;
      for (let frame; (frame = /^(\d+):/.exec(received)); ) {
        const end = frame[0].length + Number(frame[1]);
        if (received.length <= end) break;
        if (received[end] !== ',') this.faults.push('a netstring that does not end where it says');
        this.#answer(socket, JSON.parse(received.slice(frame[0].length, end)));
        received = received.slice(end + 1);
      }
    });
  }

  #answer(socket, { command, token, ...more }) {
    if (command !== 'listcalls' || Object.keys(more).length > 0) this.faults.push(command);
    const lines = [...this.#calls.values()].map(({ id, state, peeruri }) => `> [line 1, id ${id}]  0:00:01  ${state}  ${peeruri}\n`);
    const data = `\n--- Active calls (${lines.length}) ---\n${lines.join('')}\n`;
    socket.write(netstring({ response: true, ok: true, data, ...(token && { token }) }));
  }

  /** Something happens to a call: `INCOMING`, `ESTABLISHED`, `CLOSED`. */
  call(what, { id, from, name = '' }, param = '') {
    const call = { accountaor: 'sip:201@pbx.example.com', direction: 'incoming', peeruri: `sip:${from}@pbx.example.com`, peerdisplayname: name, id };
    if (what === 'CLOSED') this.#calls.delete(id);
    else this.#calls.set(id, { ...call, state: what });
    this.say(netstring({ event: true, type: `CALL_${what}`, class: 'call', ...call, param }));
  }
}

const netstring = (message) => {
  const text = JSON.stringify(message);
  return `${Buffer.byteLength(text)}:${text},`;
};

/** Asterisk, seen through its manager by the user `ringside` with the secret `listen-only`. */
export class Asterisk extends Exchange {
  greet(socket) {
    const challenge = '840415273';
    let received = '';
    socket.write('Asterisk Call Manager/9.0.0\r\n');
    socket.setEncoding('utf8').on('data', (text) => {
      received += text;
      for (let end; (end = received.indexOf('\r\n\r\n')) >= 0; received = received.slice(end + 4)) {
        const asked = new Map(received.slice(0, end).split('\r\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
        const reply = (response, lines = []) => socket.write([`Response: ${response}`, `ActionID: ${asked.get('ActionID')}`, ...lines, '', ''].join('\r\n'));
        switch (asked.get('Action')) {
          case 'Challenge':
            reply('Success', [`Challenge: ${challenge}`]);
            break;
          case 'Login': {
            const key = createHash('md5').update(`${challenge}listen-only`).digest('hex');
            if (asked.get('Username') === 'ringside' && asked.get('Key') === key) reply('Success', ['Message: Authentication accepted']);
            else reply('Error', ['Message: Authentication failed']);
            break;
          }
          case 'ListCommands':
            reply('Success', ['Ping: Keepalive command.', 'Logoff: Logoff Manager.']);
            break;
          case 'CoreShowChannels':
            reply('Error', ['Message: Permission denied']);
            break;
          case 'Ping':
            reply('Success', ['Ping: Pong']);
            break;
          case 'Logoff':
            socket.end();
            break;
          default:
            this.faults.push(asked.get('Action'));
        }
      }
    });
  }

  #tell(event, lines) {
    const text = Object.entries(lines).map(([key, value]) => `${key}: ${value}\r\n`).join('');
    this.say(`Event: ${event}\r\nPrivilege: call,all\r\n${text}\r\n`);
  }

  /** A caller of a queue rings at `PJSIP/<extension>`. Answers what is needed to go on with the call. */
  ring(from, queue, extension = '201') {
    const id = randomUUID();
    const call = { caller: `${id}.0`, device: `${id}.1`, from, extension };
    this.#tell('QueueCallerJoin', { Channel: `PJSIP/trunk-${id}`, Uniqueid: call.caller, Linkedid: call.caller, CallerIDNum: from, Queue: queue, Position: 1 });
    this.#tell('DialBegin', { ...this.#ends(call), DialString: extension });
    return call;
  }

  answer(call) {
    this.#tell('DialEnd', { ...this.#ends(call), DialStatus: 'ANSWER' });
  }

  /** The caller gave up. */
  giveUp(call) {
    this.#tell('DialEnd', { ...this.#ends(call), DialStatus: 'CANCEL' });
    this.hangUp(call);
  }

  hangUp({ caller, device, extension }) {
    this.#tell('Hangup', { Channel: `PJSIP/${extension}-${device}`, Uniqueid: device, Linkedid: caller, Cause: 16 });
  }

  #ends({ caller, device, from, extension }) {
    return {
      Channel: `PJSIP/trunk-${caller}`,
      CallerIDNum: from,
      CallerIDName: '<unknown>',
      Uniqueid: caller,
      Linkedid: caller,
      DestChannel: `PJSIP/${extension}-${device}`,
      DestCallerIDNum: extension,
      DestUniqueid: device,
      DestLinkedid: caller,
    };
  }
}
