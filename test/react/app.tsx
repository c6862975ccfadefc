/** @jsxImportSource react */
import { StrictMode, Suspense, useEffect, useState } from 'react';
import {
  MeshProvider,
  useCall,
  useChat,
  useConsultation,
  useMedia,
  useMesh,
  useMeshEvent,
  usePeers,
  usePhone,
  useSeat,
  Video,
} from '../../src/react/react.ts';

/** An application as somebody would write it, with everything that `mesh-workspaces/react` has. */
export function App({ url, token, name }: { url: string; token: string; name: string }) {
  return (
    <StrictMode>
      <MeshProvider url={url}>
        <Suspense fallback={<p>Loading</p>}>
          <Room token={token} name={name} />
        </Suspense>
      </MeshProvider>
    </StrictMode>
  );
}

function Room({ token, name }: { token: string; name: string }) {
  const { seat, attend, rename } = useSeat();
  const media = useMedia();
  const { open } = media;
  const { call, incoming, accept, leave } = useCall();
  const peers = usePeers();
  const chat = useChat();
  const { consultation } = useConsultation();
  const { rings } = usePhone();
  const names = useMesh((state) => state.seat?.attendees.map((attendee) => attendee.name) ?? []);
  const [heard, setHeard] = useState('');
  const [isLoading, setLoading] = useState(false);
  useMeshEvent('ring', ({ attendee }) => setHeard(`${attendee.name} rang`));
  useEffect(() => {
    void open();
    void attend({ token, attendee: { name } });
  }, [open, attend, token, name]);
  return (
    <main>
      <h1>{seat ? `${seat.workspace.name}: ${names.join(', ')}` : 'Nowhere'}</h1>
      <p id="heard">{heard}</p>
      <p id="consultation">
        {consultation?.subject ?? 'none'}, {rings.length} rings
      </p>
      {incoming && <button type="button" onClick={() => void accept()}>{`Accept ${incoming.caller.name}`}</button>}
      {call?.joined && (
        <button type="button" onClick={() => void leave()}>
          Leave call
        </button>
      )}
      <button type="button" onClick={() => void media.setCamera(!media.camera)}>
        {media.camera ? 'Camera off' : 'Camera on'}
      </button>
      <button type="button" onClick={() => void rename('Robert')}>
        Rename
      </button>
      <button type="button" onClick={() => setLoading(true)}>
        Load more
      </button>
      <Video className="own" />
      {peers.map((peer) => (
        <figure key={peer.id} aria-label={peer.name} data-connection={peer.state}>
          <Video peer={peer} />
        </figure>
      ))}
      <ul>
        {chat.messages.map(({ key, text }) => (
          <li key={key}>{text}</li>
        ))}
      </ul>
      <button type="button" onClick={() => chat.send(`Hello from ${name}`)}>
        Greet
      </button>
      {isLoading && <Late />}
    </main>
  );
}

let loading: Promise<void> | null = null;
let isLoaded = false;

declare global {
  /** Ends the loading of the part that comes late. */
  var finishLoading: () => void;
}

/** A part that suspends its surroundings until `finishLoading`. */
function Late() {
  if (isLoaded) return <p>Loaded</p>;
  loading ??= new Promise((resolve) => {
    globalThis.finishLoading = () => {
      isLoaded = true;
      resolve();
    };
  });
  throw loading;
}
