import { useEffect, useState } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';

const two = (value: number) => String(value).padStart(2, '0');

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** The time since the call started, by the clock of the server. */
export function CallTimer({ startedAt }: { startedAt: number }) {
  const client = useClient();
  const [now, setNow] = useState(() => client.serverNow());
  useEffect(() => {
    const timer = setInterval(() => setNow(client.serverNow()), 1000);
    return () => clearInterval(timer);
  }, [client]);
  return (
    <p class="timer" role="timer" aria-label={strings.call.time}>
      {/* The first estimate of the server's clock may be behind. */}
      {clock(Math.max(0, now - startedAt))}
    </p>
  );
}
