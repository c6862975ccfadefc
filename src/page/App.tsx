import { useEffect, useState } from 'preact/hooks';
import { useClient } from './client-context.ts';
import { showInAddress } from './invitation.ts';
import { language } from './language.ts';
import { ComingBack } from './lobby/ComingBack.tsx';
import { Ended } from './lobby/Ended.tsx';
import { Lobby } from './lobby/Lobby.tsx';
import { useAdmittedSound } from './lobby/use-admitted-sound.ts';
import { WaitingRoom } from './lobby/WaitingRoom.tsx';
import { Announcer } from './parts/Announcer.tsx';
import { Phone } from './phone/Phone.tsx';
import { screen } from './screen.ts';
import { strings } from './strings.ts';
import { useObservable } from './use-observable.ts';
import { useShortcuts } from './use-shortcuts.ts';
import { useEntrance } from './user/use-entrance.ts';
import { Workspace } from './workspace/Workspace.tsx';

/**
 * Shows one of these: the way back to the seat, the workspace, the waiting room, the end of the seat, or the screen that
 * the address names.
 * @param userToken the user token of the link that opened the page, or ''
 */
export function App({ userToken }: { userToken: string }) {
  const client = useClient();
  const { seat, waiting, ended, connection } = useObservable(client.state);
  const current = useObservable(screen);
  const { isEntering, isLate, setEntering } = useEntrance(userToken);
  const [workspaceName, setWorkspaceName] = useState('');
  const [isEndRead, setEndRead] = useState(false);
  useObservable(language);
  useShortcuts();
  useAdmittedSound(waiting !== null, seat !== null);

  const token = seat?.workspace.token;
  const name = (seat ?? waiting)?.workspace.name;
  const knocks = seat?.waiting.length ?? 0;
  useEffect(() => {
    if (token !== undefined) showInAddress(token);
  }, [token]);
  const hasPlace = token !== undefined || waiting !== null;
  useEffect(() => {
    if (!hasPlace) return;
    setEntering(false);
    setEndRead(false);
  }, [hasPlace]);
  useEffect(() => {
    if (name !== undefined) setWorkspaceName(name);
    const count = knocks > 0 ? `(${knocks}) ` : '';
    document.title = name === undefined ? strings.product : `${count}${name} · ${strings.product}`;
  }, [name, knocks]);

  const readEnd = () => {
    if (ended === 'destroyed' || ended === 'kicked') showInAddress('');
    setEndRead(true);
  };

  return (
    <>
      {seat ? (
        <Workspace key={seat.workspace.id} seat={seat} />
      ) : waiting ? (
        <WaitingRoom waiting={waiting} connection={connection} />
      ) : ended && ended !== 'left' && !isEndRead ? (
        <Ended reason={ended} workspaceName={workspaceName} onDone={readEnd} />
      ) : isEntering && !ended ? (
        <ComingBack isServerAway={isLate && connection !== 'connected'} />
      ) : current === 'phone' ? (
        <Phone />
      ) : (
        <Lobby leftWorkspace={ended === 'left' ? workspaceName : ''} />
      )}
      <Announcer />
    </>
  );
}
