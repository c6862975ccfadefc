import type { ClientState, SeatState } from '../../client/state.ts';
import { strings } from '../strings.ts';

function noteFor({ call }: ClientState, { isOwner, attendees, self, waiting }: SeatState): string {
  const owner = attendees.find((attendee) => attendee.owner);
  if (call) return isOwner || !owner ? strings.call.noteWithoutOwner : strings.call.noteWithout(owner.name);
  if (!isOwner) return owner?.connected ? strings.call.noteWaiting(owner.name) : strings.call.noteOwnerAway;
  const others = attendees.filter(({ id, connected }) => id !== self && connected).length;
  if (others > 0) return strings.call.noteReady(others);
  return waiting.length > 0 ? strings.call.noteKnocks(waiting.length) : strings.call.noteAlone;
}

/** Says what comes next, until this attendee is on the call. */
export function Note({ state, seat }: { state: ClientState; seat: SeatState }) {
  return <p class="stage-note">{noteFor(state, seat)}</p>;
}
