// What a connection is called. People name their own; the address book comes with a name, which is said in the language
// of the window for as long as nobody gave it another one.

import { words } from './index';
import { plain } from './name';

/** Both the connector's id and the id of its one connection. */
const ADDRESS_BOOK = 'address-book';
const AS_DELIVERED = 'Address book';

/** The name of a place by its connection's or connector's id; empty where nothing could be seen. */
export const placeName = (id: string | null, name: string | null): string =>
  id === ADDRESS_BOOK && name === AS_DELIVERED ? words().connections.addressBook : plain(name ?? '');

export const placeOf = (contact: { ref: { connection: string }; connection_name: string }): string => placeName(contact.ref.connection, contact.connection_name);

/** What a place says of itself, with its name in front where it does not begin with that. */
export const fromPlace = (name: string, why: string): string => {
  const rest = why.slice(name.length);
  const named = name !== '' && why.toLowerCase().startsWith(name.toLowerCase()) && !/^[\p{L}\p{N}]/u.test(rest);
  return named ? why : words().lookup.failed(name, why);
};
