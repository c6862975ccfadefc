import type { AttendeeRecord, ClientState, PeerState } from '../../client/state.ts';
import { strings } from '../strings.ts';

/** How a ring ended that did not lead to the call. */
export type Outcome = 'busy' | 'unanswered';
export type Outcomes = Readonly<Record<string, Outcome>>;

export interface Presence {
  /** How the connection is; null while there is none to be expected. Oneself is always connected. */
  readonly connection: PeerState['state'] | null;
  /** In a few strings what others should know; '' if nothing. */
  readonly note: string;
  readonly isRinging: boolean;
  /** Worth more than a few strings. */
  readonly problem: string;
}

function offCall({ call }: ClientState, attendee: AttendeeRecord, outcome: Outcome | undefined): string {
  if (!attendee.connected) return strings.call.away;
  if (outcome === 'busy') return strings.call.declined;
  if (outcome === 'unanswered') return strings.call.unanswered;
  return call && !call.participants.includes(attendee.id) ? strings.call.notOnCall : '';
}

/** How somebody is there, as this attendee sees it. */
export function presenceOf(state: ClientState, attendee: AttendeeRecord, outcomes: Outcomes): Presence {
  const { id, name } = attendee;
  if (id === state.seat?.self) return { connection: 'connected', note: '', isRinging: false, problem: '' };
  if (state.ringing.includes(id)) {
    return { connection: 'connecting', note: strings.call.ringing, isRinging: true, problem: '' };
  }
  const peer = state.peers[id];
  if (!peer) {
    const isExpected = state.call?.joined === true && state.call.participants.includes(id);
    if (isExpected) return { connection: 'connecting', note: strings.call.connecting, isRinging: false, problem: '' };
    return { connection: null, note: offCall(state, attendee, outcomes[id]), isRinging: false, problem: '' };
  }
  const { state: connection, reason } = peer;
  const note = connection === 'connected' ? '' : strings.call[connection];
  const problem = connection === 'failed' && reason ? strings.failures[reason](name) : '';
  return { connection, note, isRinging: false, problem };
}
