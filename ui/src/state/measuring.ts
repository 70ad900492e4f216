// How long the search window takes, for `./dev bench`. Nothing is measured, and nothing sent, unless the shell asked for it.

import type { Backend } from '../backend/backend';

/** After the next frame was drawn: the first task behind it. In a hidden window there are no frames; it waits for them. */
function painted(): Promise<void> {
  return new Promise((done) => {
    requestAnimationFrame(() => {
      const behind = new MessageChannel();
      behind.port1.onmessage = () => {
        behind.port1.close();
        done();
      };
      behind.port2.postMessage(null);
    });
  });
}

/** A field shows its caret in the window that has the keyboard only. */
async function inFront(): Promise<void> {
  if (!document.hasFocus()) await new Promise((done) => window.addEventListener('focus', done, { once: true }));
}

export class Measuring {
  /** Keystrokes whose rows are not there yet, as the page's clock. */
  #typed: number[] = [];

  constructor(
    readonly backend: Backend,
    readonly on: boolean,
  ) {}

  /** The window comes up, and the caret was put into its field. */
  async opened(): Promise<void> {
    if (!this.on) return;
    await inFront();
    await painted();
    await this.backend.reportPainted(null);
  }

  /** A keystroke changed the text at this time. */
  typed(at: number): void {
    if (this.on) this.#typed.push(at);
  }

  /**
   * The answer to the newest text became rows. Keystrokes that were overtaken by the next one had to wait for it, so they
   * count as well: else the slow ones would be missing.
   */
  async answered(): Promise<void> {
    if (this.#typed.length === 0) return;
    const typed = this.#typed;
    this.#typed = [];
    const answered = performance.now();
    await painted();
    const ended = performance.now();
    for (const at of typed) {
      await this.backend.reportMeasured('answered', Math.round((answered - at) * 1000));
      await this.backend.reportMeasured('painted', Math.round((ended - at) * 1000));
    }
  }
}
