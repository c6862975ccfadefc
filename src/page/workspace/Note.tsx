import type { ClientState, ConsultationRecord, SeatState } from '../../client/state.ts';
import { namesIn } from '../consultations/people.ts';
import { strings } from '../strings.ts';

interface NoteProps {
  state: ClientState;
  seat: SeatState;
  /** The consultation whose workspace this is. */
  consultation: ConsultationRecord | null;
}

function noteFor({ state: { call }, seat, consultation }: NoteProps): string {
  const { isOwner, attendees, self, waiting } = seat;
  const owner = attendees.find((attendee) => attendee.owner);
  if (call) return isOwner || !owner ? strings.call.noteWithoutOwner : strings.call.noteWithout(owner.name);
  if (!isOwner) return owner?.connected ? strings.call.noteWaiting(owner.name) : strings.call.noteOwnerAway;
  const others = attendees.filter(({ id, connected }) => id !== self && connected).length;
  if (others > 0) return strings.call.noteReady(others);
  if (waiting.length > 0) return strings.call.noteKnocks(waiting.length);
  const { clients = [], provider } = consultation ?? {};
  if (!consultation || clients.length === 0) return strings.call.noteAlone;
  return strings.call.noteTold(namesIn(consultation, provider?.id), clients.length);
}

/** Says what comes next, until this attendee is on the call. */
export function Note(props: NoteProps) {
  return <p class="stage-note">{noteFor(props)}</p>;
}
