import { useEffect, useRef } from 'preact/hooks';
import { playNotes } from '../sound.ts';

/** Two notes that go up. */
const NOTES = [
  { frequency: 587, at: 0 },
  { frequency: 880, at: 0.2 },
];

/** Plays notes when somebody who waits is admitted, who may be looking at another tab. */
export function useAdmittedSound(isWaiting: boolean, isSeated: boolean): void {
  const wasWaiting = useRef(false);
  useEffect(() => {
    if (wasWaiting.current && isSeated) playNotes(NOTES);
    wasWaiting.current = isWaiting;
  }, [isWaiting, isSeated]);
}
