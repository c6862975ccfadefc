import { useEffect, useState } from 'preact/hooks';
import type { ClientEvent } from '../../client/mesh-client.ts';
import { announce } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import type { Outcome, Outcomes } from '../stage/presence.ts';
import { strings } from '../strings.ts';

/** All events but the ring, which IncomingCall announces. */
type AnnouncedEvent = Exclude<ClientEvent, { type: 'ring' }>;

function sentence({ type, attendee: { name } }: AnnouncedEvent): string {
  switch (type) {
    case 'hangup':
      return strings.events.hangup;
    case 'call-left':
      return strings.events.callLeft(name);
    default:
      return strings.events[type](name);
  }
}

const types = ['attend', 'leave', 'kicked', 'joined', 'call-left', 'busy', 'unanswered', 'hangup'] as const;
const outcomeOf = (type: AnnouncedEvent['type']): Outcome | null =>
  type === 'busy' || type === 'unanswered' ? type : null;

/** Announces events. @returns for each attendee how the last ring failed, if it did */
export function useEvents(): Outcomes {
  const client = useClient();
  const [outcomes, setOutcomes] = useState<Outcomes>({});
  useEffect(() => {
    const onEvent = (event: AnnouncedEvent) => {
      announce(sentence(event));
      if (event.type === 'hangup') setOutcomes({});
      else {
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
