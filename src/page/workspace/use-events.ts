import { useEffect, useState } from 'preact/hooks';
import type { ClientEvent, UserEvent } from '../../client/mesh-client.ts';
import { announce, dismiss } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { playNotes } from '../sound.ts';
import type { Outcome, Outcomes } from '../stage/presence.ts';
import { strings } from '../strings.ts';
import { describeNewEnd, secondsUntil } from './call-time.ts';

/** Two short notes of the same height, as of a knock. */
const KNOCK = [
  { frequency: 392, at: 0 },
  { frequency: 392, at: 0.18 },
];

/** All events but the ring, which IncomingCall announces, and messages, which are announced where the chat is not in sight. */
type AnnouncedEvent = Exclude<ClientEvent, { type: 'ring' | 'message' } | UserEvent>;

/** What is true only while the call of the moment is on. */
const aboutCall: readonly AnnouncedEvent['type'][] = ['joined', 'call-left', 'call-ending', 'call-extended'];

/** What the next news of the end of a call replaces. */
const aboutEnd: readonly AnnouncedEvent['type'][] = ['call-ending', 'call-extended'];

/** What a call of two users needs not say: with either of them it begins and ends, and its page says that. */
const aboutTwo: readonly AnnouncedEvent['type'][] = ['attend', 'leave', 'joined', 'call-left', 'hangup'];

/** @param now by the clock of the server, in ms since the epoch */
function sentence(event: AnnouncedEvent, now: number): string {
  const { events } = strings;
  switch (event.type) {
    case 'hangup':
      return events.hangup;
    case 'call-left':
      return events.callLeft(event.attendee.name);
    case 'call-ending':
      return events.ending(secondsUntil(event.endsAt, now));
    case 'call-extended':
      return describeNewEnd(event, now);
    case 'time-over':
      return events.timeOver;
    case 'knock':
      return events.knock(event.waiting.name);
    default:
      return events[event.type](event.attendee.name);
  }
}

/** An event that is missing here does not compile. */
const isAnnounced: Record<AnnouncedEvent['type'], true> = {
  attend: true,
  leave: true,
  kicked: true,
  joined: true,
  'call-left': true,
  busy: true,
  unanswered: true,
  hangup: true,
  'call-ending': true,
  'call-extended': true,
  'time-over': true,
  knock: true,
};
const types = Object.keys(isAnnounced) as AnnouncedEvent['type'][];
const outcomeOf = (type: AnnouncedEvent['type']): Outcome | null =>
  type === 'busy' || type === 'unanswered' ? type : null;

/**
 * Announces events, and takes back what is true no more: of a call when that ends, and all of it when the seat does.
 * @returns for each attendee how the last ring failed, if it did
 */
export function useEvents(): Outcomes {
  const client = useClient();
  const [outcomes, setOutcomes] = useState<Outcomes>({});
  useEffect(() => {
    const shown = new Map<number, AnnouncedEvent['type']>();
    const takeBack = (isOver: (type: AnnouncedEvent['type']) => boolean) => {
      for (const [id, type] of shown) if (isOver(type)) dismiss(id);
    };
    const onEvent = (event: AnnouncedEvent) => {
      if (event.type === 'hangup' || event.type === 'time-over') takeBack((type) => aboutCall.includes(type));
      if (event.type === 'call-extended') takeBack((type) => aboutEnd.includes(type));
      const { seat } = client.state.value;
      if (!seat?.workspace.isDial || !aboutTwo.includes(event.type)) {
        shown.set(announce(sentence(event, client.serverNow())), event.type);
      }
      if (event.type === 'knock') playNotes(KNOCK);
      if (event.type === 'hangup' || event.type === 'time-over') setOutcomes({});
      else if ('attendee' in event) {
        const outcome = outcomeOf(event.type);
        setOutcomes(({ [event.attendee.id]: _, ...others }) =>
          outcome ? { ...others, [event.attendee.id]: outcome } : others,
        );
      }
    };
    const ends = types.map((type) => client.on(type, onEvent));
    return () => {
      for (const end of ends) end();
      takeBack(() => true);
    };
  }, [client]);
  return outcomes;
}
