import { useEffect, useState } from 'preact/hooks';
import type { ClientEvent } from '../../client/mesh-client.ts';
import { announce } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import type { Outcome, Outcomes } from '../stage/presence.ts';
import { strings } from '../strings.ts';
import { secondsUntil } from './call-time.ts';

/** All events but the ring, which IncomingCall announces, and messages and knocks, which have their own sounds. */
type AnnouncedEvent = Exclude<ClientEvent, { type: 'ring' | 'message' | 'knock' }>;

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
      return event.endsAt === null ? events.unlimited : events.extended(secondsUntil(event.endsAt, now));
    case 'time-over':
      return events.timeOver;
    default:
      return events[event.type](event.attendee.name);
  }
}

const types = [
  'attend',
  'leave',
  'kicked',
  'joined',
  'call-left',
  'busy',
  'unanswered',
  'hangup',
  'call-ending',
  'call-extended',
  'time-over',
] as const;
const outcomeOf = (type: AnnouncedEvent['type']): Outcome | null =>
  type === 'busy' || type === 'unanswered' ? type : null;

/** Announces events. @returns for each attendee how the last ring failed, if it did */
export function useEvents(): Outcomes {
  const client = useClient();
  const [outcomes, setOutcomes] = useState<Outcomes>({});
  useEffect(() => {
    const onEvent = (event: AnnouncedEvent) => {
      announce(sentence(event, client.serverNow()));
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
    };
  }, [client]);
  return outcomes;
}
