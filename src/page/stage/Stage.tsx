import { useRef } from 'preact/hooks';
import type { AttendeeRecord, ClientState, SeatState } from '../../client/state.ts';
import { useClient } from '../client-context.ts';
import { answerOf } from '../recording/answers.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { arrange } from './layout.ts';
import { type Outcomes, presenceOf } from './presence.ts';
import { Tile } from './Tile.tsx';
import { usePictureHeights } from './use-picture-heights.ts';
import { useSharing } from './use-sharing.ts';
import { useSize } from './use-size.ts';

interface StageProps {
  state: ClientState;
  seat: SeatState;
  outcomes: Outcomes;
}

/** A tile for each attendee. The own tile is the first and stays there while others come and go. */
export function Stage({ state, seat, outcomes }: StageProps) {
  const { media } = useClient();
  const own = useObservable(media.state);
  const sharing = useSharing();
  const area = useRef<HTMLDivElement>(null);
  const size = useSize(area);

  const isSelf = ({ id }: AttendeeRecord) => id === seat.self;
  const people = [...seat.attendees.filter(isSelf), ...seat.attendees.filter((attendee) => !isSelf(attendee))];
  const spotlight = people.findIndex((attendee) => !isSelf(attendee) && sharing.has(attendee.id));
  const boxes = arrange(people.length, size, spotlight);

  const tileOf = (attendee: AttendeeRecord, index: number) => {
    const common = {
      attendee,
      isDial: seat.workspace.isDial,
      presence: presenceOf(state, attendee, outcomes),
      answer: answerOf(state.recording, attendee),
      box: boxes[index],
    };
    if (isSelf(attendee)) {
      const { stream, camera, screen, microphone } = own;
      return {
        ...common,
        isSelf: true,
        peer: null,
        stream,
        hasPicture: camera || screen,
        isMuted: !microphone,
        isSharing: screen,
      };
    }
    const peer = state.peers[attendee.id] ?? null;
    const isSharing = sharing.has(attendee.id);
    const hasPicture = peer?.stream != null && (attendee.cam || isSharing);
    const isMuted = peer !== null && !attendee.mic;
    return { ...common, isSelf: false, peer, stream: peer?.stream ?? null, hasPicture, isMuted, isSharing };
  };

  const tiles = people.map(tileOf);
  usePictureHeights(
    tiles
      .filter(({ peer }) => peer !== null)
      .map(({ attendee, box, isSharing }) => ({ id: attendee.id, box, isWhole: isSharing })),
  );

  return (
    <section class="stage" ref={area} aria-label={strings.call.stage} tabIndex={-1}>
      {tiles.map((tile) => (
        <Tile key={tile.attendee.id} {...tile} />
      ))}
    </section>
  );
}
