import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { LOUD, useLevel } from '../use-level.ts';

/** Louder than this counts as speaking; below it is breath and fans. */
const SPEAKING = 0.12;
/** The time between two looks at the sounds of others, in ms. */
const EVERY = 150;

interface Voice {
  /** The attendee whose sound the browser receives and measures; null for this attendee. */
  readonly participantId: string | null;
  /** The own stream, which nobody else measures; null for others. */
  readonly ownStream: MediaStream | null;
}

/** Marks an element while somebody speaks; null: nobody is to be heard. */
export function useSpeaking(element: RefObject<HTMLElement>, voice: Voice | null): void {
  const client = useClient();
  const mark = (level: number) => element.current?.toggleAttribute('data-speaking', level > SPEAKING);
  const latest = useRef(mark);
  latest.current = mark;
  const participantId = voice?.participantId ?? null;
  useLevel(voice?.ownStream ?? null, mark);
  useEffect(() => {
    if (participantId === null) return;
    const timer = setInterval(() => latest.current(client.loudness(participantId) / LOUD), EVERY);
    return () => {
      clearInterval(timer);
      latest.current(0);
    };
  }, [client, participantId]);
}
