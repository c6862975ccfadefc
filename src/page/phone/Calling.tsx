import { PhoneOff } from 'lucide-preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ClientState, OutgoingInvite } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { OwnPicture } from '../parts/OwnPicture.tsx';
import { strings } from '../strings.ts';
import { useRingbackTone } from '../use-ringtone.ts';

interface CallingProps {
  state: ClientState;
  partner: { id: string; name: string };
  /** Whether the two have talked already. */
  isOver: boolean;
}

/** A call that is not on yet: it rings there, or the two are about to be connected. */
export function Calling({ state, partner, isOver }: CallingProps) {
  const client = useClient();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const sent = state.outgoing.find(({ isDial }) => isDial);
  const ringing = sent?.isOpen ? sent : null;
  useRingbackTone(ringing !== null && ringing.answer !== 'away');
  return (
    <main class="calling">
      <Avatar id={partner.id} name={partner.name} />
      <h1 ref={heading} tabIndex={-1}>
        {partner.name}
      </h1>
      <p class="calling-state" role="status">
        {isOver ? strings.phone.over : stateOf(state, ringing, partner.name)}
      </p>
      {ringing?.invite.media === 'video' && <OwnPicture />}
      <button
        type="button"
        class="button button-danger calling-end"
        onClick={() => void attempt(ringing ? client.cancelInvite(ringing.invite) : client.leave())}
      >
        <PhoneOff size={18} />
        {ringing ? strings.cancel : strings.phone.hangUp}
      </button>
    </main>
  );
}

function stateOf({ connection }: ClientState, ringing: OutgoingInvite | null, name: string): string {
  if (connection === 'reconnecting') return strings.phone.offline;
  if (!ringing) return strings.phone.connecting;
  return ringing.answer === 'away' ? strings.phone.away(name) : strings.phone.ringing;
}
