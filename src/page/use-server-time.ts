import { useEffect, useState } from 'preact/hooks';
import { useClient } from './client-context.ts';

const SECOND = 1000;

/** The time by the clock of the server, in ms since the epoch, anew each second. */
export function useServerTime(): number {
  const client = useClient();
  const [now, setNow] = useState(() => client.serverNow());
  useEffect(() => {
    const timer = setInterval(() => setNow(client.serverNow()), SECOND);
    return () => clearInterval(timer);
  }, [client]);
  return now;
}
