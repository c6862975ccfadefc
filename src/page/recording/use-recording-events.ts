import { useEffect, useRef } from 'preact/hooks';
import type { RecordingState, SeatState } from '../../client/state.ts';
import { announce } from '../announcements.ts';
import { strings } from '../strings.ts';

/** Announces that a recording is on, also to those who come later, or ends, and to the owner who has answered. */
export function useRecordingEvents(recording: RecordingState | null, { self, isOwner, attendees }: SeatState): void {
  const before = useRef<RecordingState | null>(null);
  useEffect(() => {
    const former = before.current;
    before.current = recording;
    const { started, ended, agrees, declines } = strings.recording.events;
    if (recording?.id !== former?.id) {
      announce(recording ? started : ended);
      return;
    }
    if (!recording || !isOwner) return;
    for (const { id, name } of attendees) {
      const given = recording.consents[id];
      if (id === self || given === undefined || given === former?.consents[id]) continue;
      announce(given ? agrees(name) : declines(name));
    }
  }, [recording]);
}
