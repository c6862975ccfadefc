import { MeshProvider, useCall, useMedia, usePeers, useSeat, Video } from 'mesh-workspaces/react';
import { useEffect } from 'react';

export default function App() {
  return (
    <MeshProvider url="http://localhost:9090">
      <Room />
    </MeshProvider>
  );
}

function Room() {
  const { connection, seat, restore, attend, create } = useSeat();
  const { open } = useMedia();
  const token = location.hash.slice(1);

  useEffect(() => {
    void open();
    void restore(token || undefined);
  }, [open, restore, token]);

  const join = (form: FormData) => {
    const attendee = { name: String(form.get('name')) };
    return token ? attend({ token, attendee }) : create({ workspace: { name: 'My room' }, attendee });
  };

  if (seat) return <Call invitation={`${location.href.split('#')[0]}#${seat.workspace.token}`} />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        join(new FormData(event.currentTarget)).catch((error) => alert(error.message));
      }}
    >
      <Video width={320} />
      <input name="name" placeholder="Your name" required />
      <button type="submit" disabled={connection !== 'connected'}>
        {token ? 'Join' : 'Create a room'}
      </button>
    </form>
  );
}

function Call({ invitation }: { invitation: string }) {
  const { call, incoming, isOwner, start, accept, decline, leave, hangup } = useCall();
  const { microphone, setMicrophone } = useMedia();
  const peers = usePeers();
  return (
    <main>
      <a href={invitation} target="_blank" rel="noopener">
        Invitation
      </a>
      <div>
        <Video width={320} />
        {peers.map((peer) => (
          <Video key={peer.id} peer={peer} width={320} title={peer.name} />
        ))}
      </div>
      {incoming && (
        <p role="alert">
          {incoming.caller.name} is calling{' '}
          <button type="button" onClick={() => accept()}>
            Accept
          </button>
          <button type="button" onClick={() => decline()}>
            Decline
          </button>
        </p>
      )}
      {isOwner && !call && (
        <button type="button" onClick={() => start()}>
          Start call
        </button>
      )}
      {call?.joined && (
        <button type="button" onClick={() => (isOwner ? hangup() : leave())}>
          Hang up
        </button>
      )}
      <button type="button" onClick={() => setMicrophone(!microphone)}>
        {microphone ? 'Mute' : 'Unmute'}
      </button>
    </main>
  );
}
