import { useEffect } from 'preact/hooks';
import { announce } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { playNotes } from '../sound.ts';
import { strings } from '../strings.ts';

/** Two short notes of the same height, as of a knock. */
const NOTES = [
  { frequency: 392, at: 0 },
  { frequency: 392, at: 0.18 },
];

/** Announces to the owner that somebody asks to be admitted, and plays notes. */
export function useKnockSound(): void {
  const client = useClient();
  useEffect(
    () =>
      client.on('knock', ({ waiting }) => {
        announce(strings.events.knock(waiting.name));
        playNotes(NOTES);
      }),
    [client],
  );
}
