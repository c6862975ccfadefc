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
  const last = useRef({ partner, wasOn });
  // The seat of the partner may be gone before the call is.
  last.current = { partner: partner.name === '' ? last.current.partner : partner, wasOn };
  useEffect(() => {
    // That is announced already, with the reason.
    let isTimeOver = false;
    const stop = client.on('time-over', () => {
      isTimeOver = true;
    });
    return () => {
      stop();
      const isOver = client.state.value.ended !== 'superseded' && !isTimeOver;
      if (last.current.wasOn && isOver) announce(strings.phone.ended(last.current.partner.name));
    };
  }, [client]);
  return isOn ? <Workspace seat={seat} /> : <Calling state={state} partner={partner} isOver={wasOn} />;
}
