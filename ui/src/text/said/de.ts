// Everything that the owner says to a person, in German. A window loads it only where it speaks German. The test `boundaries`
// reads what the owner can say out of its source, and misses what is not here.

import { app } from './app.de';
import { connectors } from './connectors.de';
import { engine } from './engine.de';
import { host } from './host.de';
import type { Sentences } from './sentences';
import { sources } from './sources.de';
import { store } from './store.de';

export const german: Sentences = { ...app, ...connectors, ...engine, ...host, ...sources, ...store };
