import { useEffect, useRef, useState } from 'preact/hooks';
import type { SeatState } from '../../client/state.ts';
import { announce } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { Workspace } from '../workspace/Workspace.tsx';
import { Calling } from './Calling.tsx';
import { partnerOf } from './partner-of.ts';

/** A call of two users: first it rings, then it looks like every call, and its end is the end of the seat. */
export function PhoneCall({ seat }: { seat: SeatState }) {
  const client = useClient();
  const state = useObservable(client.state);
  const isOn = state.call?.joined === true && state.call.participants.length > 1;
  const [wasOn, setWasOn] = useState(isOn);
  useEffect(() => {
    if (isOn) setWasOn(true);
  }, [isOn]);

  const partner = partnerOf(state);
  const isRecorded = Object.values(state.recording?.consents ?? {}).includes(true);
  const last = useRef({ partner, wasOn, wasRecorded: isRecorded });
  // The seat of the partner, and the recording, may be gone before the call is.
  last.current = {
    partner: partner.name === '' ? last.current.partner : partner,
    wasOn,
    wasRecorded: last.current.wasRecorded || isRecorded,
  };
  useEffect(() => {
    // That is announced already, with the reason.
    let isTimeOver = false;
    const stop = client.on('time-over', () => {
      isTimeOver = true;
    });
    return () => {
      stop();
      const { partner, wasOn, wasRecorded } = last.current;
      if (!wasOn || client.state.value.ended === 'superseded') return;
      const sentences = [
        isTimeOver ? '' : strings.phone.ended(partner.name),
        wasRecorded ? strings.phone.recorded[seat.isOwner ? 'here' : 'there'] : '',
      ];
      const text = sentences.filter(Boolean).join(' ');
      if (text !== '') announce(text);
    };
  }, [client]);
  return isOn ? <Workspace seat={seat} /> : <Calling state={state} partner={partner} isOver={wasOn} />;
}
