import { useEffect, useState } from 'preact/hooks';
import { type ClientErrorCode, CommandError } from '../../client/mesh-client.ts';
import { useClient } from '../client-context.ts';
import { isHeld } from '../invitation.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { FormerRecordings } from './FormerRecordings.tsx';
import { forgetRecordings, type OwnedRecordings, ownedRecordings } from './owned-recordings.ts';

/** The recordings were deleted. A token that has expired lists again when its workspace is over. */
const forGood: readonly ClientErrorCode[] = ['WORKSPACE_GONE', 'INVALID_TOKEN', 'OWNER_ONLY'];

/** The recordings of workspaces that this person owned in this browser, as a guest or as the user who has signed in. */
export function KeptRecordings() {
  const { user } = useObservable(useClient().state);
  const all = useObservable(ownedRecordings);
  // Those of phone calls are in the list of calls.
  const kept = all.filter(({ isDial, accessToken }) => !isDial && (accessToken !== undefined || user !== null));
  if (isHeld()) return null;
  return (
    <>
      {kept.map((owned) => (
        <Kept key={`${owned.workspace} ${user?.id}`} owned={owned} />
      ))}
    </>
  );
}

function Kept({ owned: { workspace, name, of } }: { owned: OwnedRecordings }) {
  const client = useClient();
  const { connection } = useObservable(client.state);
  const [isThere, setThere] = useState(false);
  const isConnected = connection === 'connected';
  useEffect(() => {
    if (!isConnected || isThere) return;
    client.recordings(of).then(
      ({ recordings }) => setThere(recordings.length > 0),
      (error: unknown) => {
        if (error instanceof CommandError && forGood.includes(error.code)) forgetRecordings(workspace);
      },
    );
  }, [client, isConnected]);
  return isThere ? <FormerRecordings of={of} name={name || strings.thisWorkspace} /> : null;
}
