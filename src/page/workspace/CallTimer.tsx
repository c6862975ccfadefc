import { useEffect, useState } from 'preact/hooks';
import { strings } from '../strings.ts';

const two = (value: number) => String(value).padStart(2, '0');

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** The time since the call started. */
export function CallTimer({ startedAt }: { startedAt: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="timer" role="timer" aria-label={strings.call.time}>
      {/* The server's clock and this one may differ. */}
      {clock(Math.max(0, now - startedAt))}
    </p>
  );
}
