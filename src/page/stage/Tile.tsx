import { MicOff, ScreenShare } from 'lucide-preact';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { AttendeeRecord, PeerState } from '../../client/state.ts';
import { Avatar, colourId } from '../parts/Avatar.tsx';
import { StreamVideo } from '../parts/StreamVideo.tsx';
import { AnswerMark } from '../recording/AnswerMark.tsx';
import type { Answer } from '../recording/answers.ts';
import { strings } from '../strings.ts';
import { roleOf } from '../workspace/role-of.ts';
import { ConnectionMark } from './ConnectionMark.tsx';
import type { Box } from './layout.ts';
import type { Presence } from './presence.ts';
import { useSpeaking } from './use-speaking.ts';

interface TileProps {
  attendee: AttendeeRecord;
  isSelf: boolean;
  /** Whether it is a call of two users, neither of whom owns anything. */
  isDial: boolean;
  presence: Presence;
  /** Where the call is recorded: what the attendee said to that. */
  answer: Answer | null;
  peer: PeerState | null;
  stream: MediaStream | null;
  hasPicture: boolean;
  isMuted: boolean;
  isSharing: boolean;
  box: Box | undefined;
}

function place(box: Box | undefined): JSX.CSSProperties {
  if (!box) return { visibility: 'hidden' };
  const { left, top, width, height } = box;
  return { transform: `translate(${left}px, ${top}px)`, width: `${width}px`, height: `${height}px` };
}

/** The tile of one attendee. The video is always there, because it plays the sound too; the avatar lies over it. */
export function Tile(props: TileProps) {
  const { attendee, isSelf, isDial, presence, answer, peer, stream, hasPicture, isMuted, isSharing, box } = props;
  const figure = useRef<HTMLElement>(null);
  const voice = isSelf ? { participantId: null, ownStream: stream } : { participantId: attendee.id, ownStream: null };
  useSpeaking(figure, isMuted || !stream ? null : voice);
  const pictureClass = [!hasPicture && 'hidden', isSelf && !isSharing && 'mirrored', isSharing && 'whole'];
  const { connection, note, problem, isRinging } = presence;
  const role = roleOf(attendee, isSelf, isDial);

  return (
    <figure
      ref={figure}
      class={isRinging ? 'tile tile-ringing' : 'tile'}
      aria-label={attendee.name}
      data-connection={connection ?? undefined}
      style={place(box)}
    >
      <StreamVideo stream={stream} isSelf={isSelf} class={pictureClass.filter(Boolean).join(' ')} />
      {!hasPicture && <Avatar id={colourId(attendee)} name={attendee.name} />}
      {note !== '' && (
        <p class={problem ? 'tile-note tile-problem' : 'tile-note'}>
          <strong>{note}</strong>
          {problem && <span>{problem}</span>}
        </p>
      )}
      <figcaption>
        {isMuted && <MicOff size={14} role="img" aria-label={strings.call.muted} />}
        {isSharing && <ScreenShare size={14} role="img" aria-label={strings.call.sharing} />}
        {answer && <AnswerMark answer={answer} />}
        <span class="tile-name">{attendee.name}</span>
        {role !== '' && <span class="tile-role">{role}</span>}
      </figcaption>
      {peer && !isRinging && <ConnectionMark peer={peer} note={problem || note} />}
    </figure>
  );
}
