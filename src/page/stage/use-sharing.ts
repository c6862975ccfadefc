import { useEffect, useState } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { useObservable } from '../use-observable.ts';

/** The message of a page to the others, over the data channels. */
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
 * The ids of the participants that share their screen. A track does not tell whether it shows a face, which a tile may
 * crop, or a screen, which it must not; so pages tell each other.
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
  // A participant that connects later needs the message too.
  useEffect(() => {
    if (connected !== '') client.send(null, JSON.stringify({ sharing: screen } satisfies SharingMessage));
  }, [client, connected, screen]);

  return new Set([...sharing].filter((id) => present.includes(id)));
}
