import { commandTable } from '../protocol/commands.ts';
import { type ErrorCode, type Limit, limits } from '../protocol/errors.ts';
import { failureReasons, peerRoutes, peerStates } from '../protocol/peer-states.ts';
import type { CommandName } from '../protocol/types.ts';
import { Durations } from './collections/durations.ts';
import { Tally } from './collections/tally.ts';

/** The path of a relay: past Socket.IO, or through it. */
type RelayPath = 'fast' | 'ordinary';

/** How a ring ended. `cancelled`: by its caller, or because one of the two left. */
export type RingOutcome = 'answered' | 'declined' | 'unanswered' | 'cancelled';

/** How a swap of a store ended: stored, lost to a faster one, or failed because the store was away or full. */
type SwapOutcome = 'stored' | 'lost' | 'failed';

/** The upper bounds of durations, in s: of answers, and of calls. */
const ANSWERS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const CALLS = [10, 30, 60, 120, 300, 600, 1200, 1800, 2700, 3600, 5400, 7200, 14_400];

const commandNames = Object.keys(commandTable({ name: 0, avatar: 0, message: 0 })) as CommandName[];

const oneByOne = <Label extends string>(labels: readonly Label[]) => labels.map((label) => [label] as const);

/**
 * What this node counts and measures of itself since its start, in plain numbers. The rooms add to it where things happen,
 * and `metrics` reads it when somebody asks. Every label is one of a few words that the server knows.
 */
export class Measurements {
  /** The commands that were answered, without those relays that took the fast path. */
  readonly commands = new Tally<readonly [CommandName | 'other', ErrorCode | 'OK']>(
    commandNames.map((name) => [name, 'OK'] as const),
  );
  /** From the arrival of a command to its answer. */
  readonly commandSeconds = new Durations(ANSWERS);
  readonly relays = new Tally<readonly [RelayPath, 'negotiation' | 'icecandidate']>();
  readonly rings = new Tally<readonly [RingOutcome]>(
    oneByOne<RingOutcome>(['answered', 'declined', 'unanswered', 'cancelled']),
  );
  /** From the moment in which the second participant came to the end of the call. */
  readonly callSeconds = new Durations(CALLS);
  /** Reports of clients: state, route and reason. */
  readonly peerConnections = new Tally<readonly [string, string, string]>();
  /** From the request of a check to its result, with the time that it waited. */
  readonly pinCheckSeconds = new Durations(ANSWERS);
  readonly refused = new Tally<readonly [Limit]>(oneByOne(limits));
  readonly swapSeconds: Readonly<Record<SwapOutcome, Durations>> = {
    stored: new Durations(ANSWERS),
    lost: new Durations(ANSWERS),
    failed: new Durations(ANSWERS),
  };

  /**
   * Counts what a client reports of its connection with a peer. Clients choose these words, so one that the server does not
   * know counts as `other`. That a connection begins is no outcome.
   */
  peerState(state: string, route: string | undefined, reason: string | undefined): void {
    if (state === 'connecting') return;
    this.peerConnections.add(known(peerStates, state), known(peerRoutes, route), known(failureReasons, reason));
  }
}

function known(words: readonly string[], word: string | undefined): string {
  if (word === undefined) return 'none';
  return words.includes(word) ? word : 'other';
}
