import type { AttendeeRecord, ClientState, PeerState } from '../../client/state.ts';
import { strings } from '../strings.ts';

/** The end of a ring that did not lead to the call. */
export type Outcome = 'busy' | 'unanswered';
export type Outcomes = Readonly<Record<string, Outcome>>;

export interface Presence {
  /** The state of the connection; null if none is expected. The own tile is always 'connected'. */
  readonly connection: PeerState['state'] | null;
  /** A few words about the attendee; '' if there is nothing to say. */
  readonly note: string;
  readonly isRinging: boolean;
  /** A whole sentence about a connection that failed; '' if there is none. */
  readonly problem: string;
}

function offCall({ call }: ClientState, attendee: AttendeeRecord, outcome: Outcome | undefined): string {
  if (outcome === 'unanswered') return strings.call.unanswered;
  if (!attendee.connected) return strings.call.away;
  if (outcome === 'busy') return strings.call.declined;
  return call && !call.participants.includes(attendee.id) ? strings.call.notOnCall : '';
}

/** The presence of an attendee as this attendee sees it. */
export function presenceOf(state: ClientState, attendee: AttendeeRecord, outcomes: Outcomes): Presence {
  const { id, name } = attendee;
  if (id === state.seat?.self) return { connection: 'connected', note: '', isRinging: false, problem: '' };
  if (state.ringing.includes(id)) {
    const note = attendee.connected ? strings.call.ringing : strings.call.ringingAway;
    return { connection: 'connecting', note, isRinging: true, problem: '' };
  }
  const peer = state.peers[id];
  if (!peer) {
    const isExpected = state.call?.joined === true && state.call.participants.includes(id);
    if (isExpected) return { connection: 'connecting', note: strings.call.connecting, isRinging: false, problem: '' };
    return { connection: null, note: offCall(state, attendee, outcomes[id]), isRinging: false, problem: '' };
  }
  const { state: connection, reason, leftOut } = peer;
  const note = connection === 'connected' ? '' : strings.call[connection];
  const failure = connection === 'failed' && reason ? strings.failures[reason](name) : '';
  const problem = failure !== '' && leftOut.length > 0 ? `${failure} ${strings.call.leftOut(leftOut)}` : failure;
  return { connection, note, isRinging: false, problem };
}
