import { MicOff, Phone, UserMinus } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { AttendeeRecord, ClientState, SeatState } from '../../client/state.ts';
import { announce, attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { Avatar, colourId } from '../parts/Avatar.tsx';
import { Confirm } from '../parts/Confirm.tsx';
import { answerOf } from '../recording/answers.ts';
import { type Outcomes, presenceOf } from '../stage/presence.ts';
import { gradeOf } from '../stage/quality.ts';
import { strings } from '../strings.ts';
import { roleOf } from './role-of.ts';
import { attemptRing } from './time-used-up.ts';

interface PersonProps {
  attendee: AttendeeRecord;
  state: ClientState;
  seat: SeatState;
  outcomes: Outcomes;
}

function statusOf({ attendee, state, outcomes }: PersonProps): string {
  const { note, problem } = presenceOf(state, attendee, outcomes);
  if (problem !== '' || note !== '') return problem || note;
  const peer = state.peers[attendee.id];
  const grade = peer?.state === 'connected' ? gradeOf(peer) : null;
  if (grade) return strings.connection[grade];
  return state.call?.participants.includes(attendee.id) ? strings.call.onCall : strings.call.here;
}

/** With what the attendee said to being recorded. */
function wholeStatusOf(props: PersonProps): string {
  const answer = answerOf(props.state.recording, props.attendee);
  return answer ? `${statusOf(props)} · ${strings.recording.answerOf[answer]}` : statusOf(props);
}

/** One attendee in the list, with the owner's buttons to ring and to remove. */
export function Person(props: PersonProps) {
  const { attendee, state, seat } = props;
  const client = useClient();
  const [isRemoving, setRemoving] = useState(false);
  const { id, name, connected, onCall } = attendee;
  const isSelf = id === seat.self;
  const canRing = seat.isOwner && !isSelf && !onCall && !state.ringing.includes(id);
  const role = roleOf(attendee, isSelf, seat.workspace.isDial);

  const removeAndRenew = async () => {
    await client.kick(id, { renewInvitation: true });
    announce(strings.workspace.linkRenewed);
  };

  return (
    <li class={connected ? 'person' : 'person person-away'}>
      <Avatar id={colourId(attendee)} name={name} />
      <div class="person-text">
        <p class="person-name">
          <span>{name}</span>
          {role !== '' && <span class="quiet">{role}</span>}
        </p>
        <p class="quiet person-status">{wholeStatusOf(props)}</p>
      </div>
      {onCall && !attendee.mic && <MicOff size={16} class="quiet" role="img" aria-label={strings.call.muted} />}
      {canRing && (
        <button
          type="button"
          class="icon-button"
          aria-label={strings.workspace.ring(name)}
          title={strings.workspace.ring(name)}
          onClick={() => void attemptRing(client.ring(id))}
        >
          <Phone size={17} />
        </button>
      )}
      {seat.isOwner && !isSelf && (
        <button
          type="button"
          class="icon-button"
          aria-label={strings.workspace.remove(name)}
          title={strings.workspace.remove(name)}
          onClick={() => setRemoving(true)}
        >
          <UserMinus size={18} />
        </button>
      )}
      {isRemoving && (
        <Confirm
          title={strings.workspace.removeTitle(name)}
          text={attendee.user ? strings.workspace.removeUserText(name) : strings.workspace.removeGuestText(name)}
          yes={strings.workspace.removeYes}
          onYes={() => void attempt(client.kick(id))}
          more={{ yes: strings.workspace.removeAndRenew, onYes: () => void attempt(removeAndRenew()) }}
          onClose={() => setRemoving(false)}
        />
      )}
    </li>
  );
}
