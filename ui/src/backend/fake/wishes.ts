// What a person wants and may take back: contacts that are about to be created, choices, pauses. As the owner does it: for
// ten seconds nothing is created, the call has the creation meanwhile, and its log follows it.

import type { Args, CommandName, OwnerEvent, Reply } from '../backend';
import type { CallDto, ContactDto, CreatedDto, CreationDto, DraftDto, StatusDto } from '../generated';
import { refuse } from './refuse';

/** Milliseconds in which a contact can be taken back. */
export const UNDO_WINDOW = 10_000;

interface Owner {
  calls: CallDto[];
  creations: CreationDto[];
  status: StatusDto;
  /** Whether a contact is created by itself when its time has come. */
  creates: boolean;
  now: () => number;
  emit: (event: OwnerEvent) => void;
  change: (id: string, change: Partial<CallDto>) => CallDto;
  create: (draft: DraftDto) => ContactDto;
}

type Handlers<Names extends CommandName> = { [K in Names]: (args: Args<K>) => Reply<K> | Promise<Reply<K>> };

/** A contact that waits for its ten seconds. `names` are the connection's and the type's. */
export function wish(owner: Owner, draft: DraftDto, call: string | null, names: { connection: string; type: string }, insteadOf: string | null): CreatedDto {
  if (insteadOf) owner.creations = owner.creations.filter((one) => one.id !== insteadOf);
  const until = owner.now() + UNDO_WINDOW;
  const creation: CreationDto = { id: `creation-${owner.creations.length + 1}-${until}`, call, draft, connection_name: names.connection, type_label: names.type, said: null, state: { kind: 'waiting', until, why: null } };
  owner.creations = [creation, ...owner.creations];
  turnCreation(owner, creation.id, creation.state);
  if (owner.creates) setTimeout(() => createNow(owner, creation.id), UNDO_WINDOW);
  return { kind: 'waiting', creation };
}

/** The ten seconds are over. */
export function createNow(owner: Owner, id: string): void {
  const creation = owner.creations.find((one) => one.id === id);
  if (creation?.state.kind !== 'waiting') return;
  turnCreation(owner, id, { kind: 'sending' });
  turnCreation(owner, id, { kind: 'created', contact: owner.create(creation.draft) });
}

/** Changes a creation and its call, and tells everybody. `said`: what its CRM says beside it. */
export function turnCreation(owner: Owner, id: string, state: CreationDto['state'], said: string | null = null): CreationDto {
  const found = owner.creations.find((one) => one.id === id);
  if (!found) throw refuse('not_found', 'there is no such contact waiting');
  const creation = { ...found, state, said };
  const over = state.kind === 'undone' || state.kind === 'created';
  owner.creations = over ? owner.creations.filter((one) => one.id !== id) : owner.creations.map((one) => (one.id === id ? creation : one));
  owner.status = { ...owner.status, creating: owner.creations.length };
  if (creation.call) {
    const chosen: Partial<CallDto> = state.kind === 'created' ? { choice: { contact: state.contact, by: 'person' } } : {};
    owner.change(creation.call, { creation: over ? null : creation, undo: state.kind === 'waiting' ? { kind: 'creation', until: state.until } : null, ...chosen });
  }
  owner.emit({ kind: 'creation', creation });
  return creation;
}

export function creationHandlers(owner: Owner): Handlers<'creations' | 'undo_creation' | 'settle_creation' | 'undo'> {
  return {
    creations: () => owner.creations,
    undo_creation: ({ creation }) => {
      const waits = owner.creations.find((one) => one.id === creation)?.state.kind === 'waiting';
      if (!waits) throw refuse('conflict', 'it has been sent already');
      return turnCreation(owner, creation, { kind: 'undone' });
    },
    settle_creation: ({ creation, decision }) => turnCreation(owner, creation, decision === 'drop' ? { kind: 'undone' } : { kind: 'sending' }),
    undo: ({ call: id }) => {
      const call = owner.calls.find((one) => one.id === id);
      if (!call?.undo) throw refuse('not_found', 'there is nothing to take back');
      if (call.undo.kind === 'set_aside') return owner.change(id, { undo: null, log: { ...call.log, state: 'not_logged' } });
      return owner.change(id, { undo: null, choice: null });
    },
  };
}

export function quietHandlers(owner: Owner): Handlers<'pause' | 'present'> {
  const quiet = (change: Partial<StatusDto['quiet']>): StatusDto => {
    owner.status = { ...owner.status, quiet: { ...owner.status.quiet, ...change } };
    owner.emit({ kind: 'status', status: owner.status });
    return owner.status;
  };
  return {
    pause: ({ until }) => quiet({ paused_until: until }),
    present: ({ on }) => quiet({ presenting: on }),
  };
}
