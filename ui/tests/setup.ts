// What jsdom lacks and the windows use.
import { vi } from 'vitest';

class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
}
vi.stubGlobal('ResizeObserver', Observer);

// As browsers do, the property stands for the attribute.
Object.defineProperty(HTMLElement.prototype, 'inert', {
  configurable: true,
  get(this: HTMLElement) {
    return this.hasAttribute('inert');
  },
  set(this: HTMLElement, on: boolean) {
    this.toggleAttribute('inert', on);
  },
});
