import { Clapperboard, Phone, PhoneIncoming, PhoneMissed, PhoneOutgoing } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { RecentCall } from '../../client/state.ts';
import { useClient } from '../client-context.ts';
import { ownedRecordings } from '../recording/owned-recordings.ts';
import { Recordings } from '../recording/Recordings.tsx';
import { strings } from '../strings.ts';
import { dayAndTime } from '../time-of-day.ts';
import { useObservable } from '../use-observable.ts';

interface RecentProps {
  /** Calls a user back. */
  onCall: (user: { id: string; name: string }) => void;
}

/** The calls that the user made, got and missed, the latest first. */
export function Recent({ onCall }: RecentProps) {
  const client = useClient();
  const { recent } = useObservable(client.state);
  const over = recent.filter(({ result }) => result !== null);
  return (
    <section class="recent" aria-labelledby="recent-title">
      <h2 id="recent-title">{strings.phone.recent}</h2>
      {over.length === 0 && <p class="quiet">{strings.phone.recentEmpty}</p>}
      <ul>
        {over.map((call) => (
          <RecentItem key={call.id} call={call} onCall={onCall} />
        ))}
      </ul>
    </section>
  );
}

function RecentItem({ call, onCall }: RecentProps & { call: RecentCall }) {
  const { userId, name, isOutgoing, at, result, workspace } = call;
  const isMissed = result === 'missed';
  const Sign = isMissed ? PhoneMissed : isOutgoing ? PhoneOutgoing : PhoneIncoming;
  const { made, got, callName } = strings.phone;
  const { titleOf } = strings.recording.list;
  const [isListing, setListing] = useState(false);
  const isRecorded = useObservable(ownedRecordings).some((owned) => owned.workspace === workspace?.id);
  const recordings = isRecorded && workspace ? { workspace: { id: workspace.id } } : null;
  const text = isOutgoing ? made[result as keyof typeof made] : got[result as keyof typeof got];
  return (
    <li class={isMissed ? 'person recent-missed' : 'person'}>
      <Sign size={18} class="recent-sign" />
      <div class="person-text">
        <p class="person-name">
          <span>{name}</span>
        </p>
        <p class="quiet person-status">
          {text}, <time dateTime={new Date(at).toISOString()}>{dayAndTime(at)}</time>
        </p>
      </div>
      {recordings && (
        <button
          type="button"
          class="icon-button"
          aria-label={titleOf(name)}
          title={titleOf(name)}
          onClick={() => setListing(true)}
        >
          <Clapperboard size={18} />
        </button>
      )}
      {isListing && recordings && <Recordings of={recordings} onClose={() => setListing(false)} />}
      {userId !== null && (
        <button
          type="button"
          class="icon-button"
          aria-label={callName(name)}
          title={callName(name)}
          onClick={() => onCall({ id: userId, name })}
        >
          <Phone size={18} />
        </button>
      )}
    </li>
  );
}
