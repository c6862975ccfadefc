import { useEffect, useState } from 'preact/hooks';
import { useClient } from './client-context.ts';
import { showInAddress, tokenIn } from './invitation.ts';
import { language } from './language.ts';
import { ComingBack } from './lobby/ComingBack.tsx';
import { Ended } from './lobby/Ended.tsx';
import { Lobby } from './lobby/Lobby.tsx';
import { useAdmittedSound } from './lobby/use-admitted-sound.ts';
import { WaitingRoom } from './lobby/WaitingRoom.tsx';
import { Announcer } from './parts/Announcer.tsx';
import { strings } from './strings.ts';
import { useObservable } from './use-observable.ts';
import { useShortcuts } from './use-shortcuts.ts';
import { Workspace } from './workspace/Workspace.tsx';

/** Shows one of five pages: the way back to the seat, the workspace, the waiting room, the end of the seat, or the lobby. */
export function App() {
  const client = useClient();
  const { seat, waiting, ended, connection } = useObservable(client.state);
  const [isRestoring, setRestoring] = useState(true);
  const [isLate, setLate] = useState(false);
  const [workspaceName, setWorkspaceName] = useState('');
  const [isEndRead, setEndRead] = useState(false);
  useObservable(language);
  useShortcuts();
  useAdmittedSound(waiting !== null, seat !== null);

  useEffect(() => {
    // A link to another workspace is meant for that one. Where the server does not answer, it goes on trying; the
    // seat, or its end, comes with the state.
    client.restore(tokenIn(location.hash) || undefined).then(
      () => setRestoring(false),
      () => setLate(true),
    );
  }, [client]);

  const token = seat?.workspace.token;
  const name = (seat ?? waiting)?.workspace.name;
  const knocks = seat?.waiting.length ?? 0;
  useEffect(() => {
    if (token !== undefined) showInAddress(token);
  }, [token]);
  const hasPlace = token !== undefined || waiting !== null;
  useEffect(() => {
    if (!hasPlace) return;
    setRestoring(false);
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
      ) : isRestoring && !ended ? (
        <ComingBack isServerAway={isLate && connection !== 'connected'} />
      ) : (
        <Lobby leftWorkspace={ended === 'left' ? workspaceName : ''} />
      )}
      <Announcer />
    </>
  );
}
