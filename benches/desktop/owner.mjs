// The owner's socket, as a command line uses it: one JSON value a line.

import { connect } from 'node:net';

const DEADLINE = 20_000;

export class Owner {
  #socket;
  #rest = '';
  #last = 0;
  #waiting = new Map();
  #listeners = new Set();

  /** @param {string} path */
  static open(path) {
    return new Promise((done, fail) => {
      const owner = new Owner();
      owner.#socket = connect(path);
      owner.#socket.setEncoding('utf8');
      owner.#socket.once('connect', () => done(owner));
      owner.#socket.on('error', fail);
      owner.#socket.on('data', (text) => owner.#read(text));
      owner.#socket.on('close', () => {
        for (const { fail } of owner.#waiting.values()) fail(new Error('Ringside went away before it answered'));
      });
    });
  }

  /** The reply to one command. */
  ask(command, args = {}) {
    const id = ++this.#last;
    return new Promise((done, fail) => {
      const late = setTimeout(() => fail(new Error(`no answer to ${command} within ${DEADLINE / 1000} s`)), DEADLINE);
      const settle = (end) => (value) => {
        clearTimeout(late);
        this.#waiting.delete(id);
        end(value);
      };
      this.#waiting.set(id, { done: settle(done), fail: settle(fail) });
      this.#socket.write(`${JSON.stringify({ id, command, args })}\n`);
    });
  }

  /** The next event that `wanted` says yes to. Ask for it before what makes it happen. */
  next(what, wanted, within = DEADLINE) {
    return new Promise((done, fail) => {
      const hear = (event) => {
        if (!wanted(event)) return;
        clearTimeout(late);
        this.#listeners.delete(hear);
        done(event);
      };
      const late = setTimeout(() => {
        this.#listeners.delete(hear);
        fail(new Error(`waited ${within} ms for ${what}`));
      }, within);
      this.#listeners.add(hear);
    });
  }

  close() {
    this.#socket.destroy();
  }

  #read(text) {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop();
    for (const line of lines.filter(Boolean)) {
      const { id, ok, error, event } = JSON.parse(line);
      if (event) for (const hear of [...this.#listeners]) hear(event);
      else if (error) this.#waiting.get(id)?.fail(new Error(`${error.code}: ${error.message}`));
      else this.#waiting.get(id)?.done(ok);
    }
  }
}
