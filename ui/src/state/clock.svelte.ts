// The time as the windows see it. It ticks only while something on the screen shows it.

import { createSubscriber } from 'svelte/reactivity';

function ticking(every: number) {
  const subscribe = createSubscriber((update) => {
    const timer = setInterval(() => document.hidden || update(), every);
    return () => clearInterval(timer);
  });
  return {
    get now() {
      subscribe();
      return Date.now();
    },
  };
}

/** For timers on the card: once a second. */
export const clock = ticking(1000);
/** For "4 min ago" in lists: once a minute. */
export const slowClock = ticking(60_000);
