// Connections that nobody asks until a person has done something about them: a card that says only who was asked makes a
// stranger of their customers.

import type { ConnectionDto } from '../backend/generated';
import { words } from '../text';
import { placeName } from '../text/place';

export interface Stopped {
  id: string;
  /** That it was not asked, and why. What to do about it is found among the connections. */
  sentence: string;
}

/** Those that stand still; `asked`: who was asked all the same, because it went well then. */
export function stopped(connections: ConnectionDto[], asked: { connection: string }[]): Stopped[] {
  const t = words().lookup;
  return connections.flatMap(({ id, name, connector, state }) => {
    // One that wants a sign-in is asked, and says so itself.
    if (state.kind === 'ready' || state.kind === 'sign_in_needed') return [];
    if (asked.some((one) => one.connection === id)) return [];
    return [{ id, sentence: t.notAsked(placeName(connector, name) || id, t.stopped[state.kind]) }];
  });
}
