import { useEffect, useRef } from 'preact/hooks';
import type { IncomingInvite } from '../../client/state.ts';
import { playNotes } from '../sound.ts';

/** Two notes that go up a fourth, softer in meaning than a ringtone. */
const NOTES = [
  { frequency: 494, at: 0 },
  { frequency: 659, at: 0.2 },
];

/** Plays notes when an invite comes. */
export function useInviteSound(invites: readonly IncomingInvite[]): void {
  const heard = useRef<ReadonlySet<string>>(new Set());
  const ids = invites.map(({ id }) => id).join();
  useEffect(() => {
    if (invites.some(({ id }) => !heard.current.has(id))) playNotes(NOTES);
    heard.current = new Set([...heard.current, ...invites.map(({ id }) => id)]);
  }, [ids]);
}
