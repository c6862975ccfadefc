import { useEffect, useState } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { useObservable } from '../use-observable.ts';

/** What pages tell each other over the data channels. */
interface SharingMessage {
  sharing: boolean;
}

function parse(message: string): SharingMessage | null {
  try {
    const value: unknown = JSON.parse(message);
    const sharing = (value as Partial<SharingMessage> | null)?.sharing;
    return typeof sharing === 'boolean' ? { sharing } : null;
  } catch {
    return null;
  }
}

/**
 * Who shares a screen. A track does not tell whether it shows a face, which may be cropped, or a screen, which may not;
 * so pages tell each other.
 */
export function useSharing(): ReadonlySet<string> {
  const client = useClient();
  const { peers } = useObservable(client.state);
  const { screen } = useObservable(client.media.state);
  const [sharing, setSharing] = useState<ReadonlySet<string>>(new Set());
  const present = Object.keys(peers);
  const connected = present.filter((id) => peers[id]?.state === 'connected').join(' ');

  useEffect(
    () =>
      client.onMessage((from, text) => {
        const message = parse(text);
        if (!message) return;
        setSharing((former) => {
          const next = new Set(former);
          if (message.sharing) next.add(from);
          else next.delete(from);
          return next;
        });
      }),
    [client],
  );
  // Whoever is newly connected has to be told too.
  useEffect(() => {
    if (connected !== '') client.send(null, JSON.stringify({ sharing: screen } satisfies SharingMessage));
  }, [client, connected, screen]);

  return new Set([...sharing].filter((id) => present.includes(id)));
}
