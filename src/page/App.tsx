import { useEffect, useRef, useState } from 'preact/hooks';
import type { EndReason, SeatState } from '../client/state.ts';
import { useClient } from './client-context.ts';
import { Consultations } from './consultations/Consultations.tsx';
import { InviteBanners } from './consultations/InviteBanners.tsx';
import { useLastConsultation } from './consultations/use-last-consultation.ts';
import { Inbox } from './inbox/Inbox.tsx';
import { invitationOfPage, isHeld, showInAddress } from './invitation.ts';
import { language } from './language.ts';
import { ComingBack } from './lobby/ComingBack.tsx';
import { Ended } from './lobby/Ended.tsx';
import { Lobby } from './lobby/Lobby.tsx';
import { useAdmittedSound } from './lobby/use-admitted-sound.ts';
import { WaitingRoom } from './lobby/WaitingRoom.tsx';
import { Announcer } from './parts/Announcer.tsx';
import { IncomingRings } from './phone/IncomingRings.tsx';
import { Phone } from './phone/Phone.tsx';
import { PhoneCall } from './phone/PhoneCall.tsx';
import { usePhoneEvents } from './phone/use-phone-events.ts';
import { RecordingProblems } from './recording/RecordingProblems.tsx';
import { UploadNote } from './recording/UploadNote.tsx';
import { useCloseGuard } from './recording/use-close-guard.ts';
import { useLastRecordings } from './recording/use-last-recordings.ts';
import { useUploadRead } from './recording/use-upload-read.ts';
import { goTo, screen } from './screen.ts';
import { strings } from './strings.ts';
import { titleOf } from './title-of.ts';
import { useDevices } from './use-devices.ts';
import { useObservable } from './use-observable.ts';
import { useShortcuts } from './use-shortcuts.ts';
import { type Entrance, useEntrance } from './user/use-entrance.ts';
import { Workspace } from './workspace/Workspace.tsx';

/**
 * Shows one of these: the way back to the seat, the workspace, the waiting room, the end of the seat, or the screen that
 * the address names.
 */
export function App({ entrance }: { entrance: Entrance }) {
  const client = useClient();
  const state = useObservable(client.state);
  const { seat, waiting, ended, connection } = state;
  const current = useObservable(screen);
  const { isEntering, isLate, setEntering } = useEntrance(entrance);
  const [workspaceName, setWorkspaceName] = useState('');
  const [isEndRead, setEndRead] = useState(false);
  const [wasDial, setWasDial] = useState<boolean | null>(null);
  const consultation = useLastConsultation();
  const recordings = useLastRecordings();
  useObservable(language);
  useShortcuts();
  useAdmittedSound(waiting !== null, seat !== null);
  usePhoneEvents();
  useCloseGuard();
  useUploadRead(state.call);
  useAddress(seat);

  const name = titleOf(state);
  const knocks = seat?.waiting.length ?? 0;
  const hasPlace = seat !== null || waiting !== null;
  const isDial = seat?.workspace.isDial ?? false;
  useEffect(() => {
    if (!hasPlace) return;
    setEntering(false);
    setEndRead(false);
    setWasDial(isDial);
  }, [hasPlace, isDial]);
  useEffect(() => {
    if (name !== '') setWorkspaceName(name);
    const count = knocks > 0 ? `(${knocks}) ` : '';
    const place = name === '' && current !== 'lobby' ? strings.screens[current] : name;
    document.title = place === '' ? strings.product : `${count}${place} · ${strings.product}`;
  }, [name, knocks, current]);

  const readEnd = () => {
    // Where another page holds this one, that page decides where it leads.
    if (!isHeld() && (ended === 'destroyed' || ended === 'kicked')) showInAddress('');
    setEndRead(true);
  };
  // A call between users ends with its seat, and the screen behind it says what there is to say.
  const isCallEnd = ended !== 'superseded' && (wasDial ?? current === 'phone');
  const end: Exclude<EndReason, 'left'> | null =
    hasPlace || ended === null || ended === 'left' || isEndRead || isCallEnd ? null : ended;
  // Nobody wants a camera to be open while they wait for calls, or read.
  useDevices(end === null && (hasPlace || current === 'lobby'));
  const hasScreen = !hasPlace && end === null && (!isEntering || ended !== null);

  return (
    <>
      {seat?.workspace.isDial ? (
        <PhoneCall key={seat.workspace.id} seat={seat} />
      ) : seat ? (
        <Workspace key={seat.workspace.id} seat={seat} />
      ) : waiting ? (
        <WaitingRoom waiting={waiting} connection={connection} />
      ) : end ? (
        <Ended
          reason={end}
          workspaceName={workspaceName}
          consultation={consultation}
          recordings={recordings}
          onDone={readEnd}
          onConsultations={() => {
            readEnd();
            goTo('consultations');
          }}
        />
      ) : !hasScreen ? (
        <ComingBack isServerAway={isLate && connection !== 'connected'} />
      ) : current === 'phone' ? (
        <Phone />
      ) : current === 'consultations' ? (
        <Consultations />
      ) : current === 'inbox' ? (
        <Inbox />
      ) : (
        <Lobby leftWorkspace={ended === 'left' && !wasDial ? workspaceName : ''} name={entrance.host?.name ?? ''} />
      )}
      {!seat && (
        <div class="upload-bar">
          <UploadNote mayClose={!isHeld() && current !== 'phone'} />
          <RecordingProblems />
        </div>
      )}
      <IncomingRings />
      <InviteBanners isListed={hasScreen && current === 'consultations'} />
      <Announcer />
    </>
  );
}

/** Has the invitation of the seat in the address. A call between users has none, and gives back the one of before. */
function useAddress(seat: SeatState | null): void {
  const former = useRef('');
  const token = seat?.workspace.token;
  const isDial = seat?.workspace.isDial ?? false;
  useEffect(() => {
    if (token === undefined) return;
    if (!isDial) return showInAddress(token);
    former.current = invitationOfPage();
    if (former.current !== '') showInAddress('');
    return () => {
      if (former.current !== '') showInAddress(former.current);
    };
  }, [token, isDial]);
}
