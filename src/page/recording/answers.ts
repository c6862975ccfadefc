import type { RecordingState, SeatState } from '../../client/state.ts';

/** What somebody has said to being recorded. */
export type Answer = 'agreed' | 'declined' | 'unanswered';

/** The answer of an attendee; null where nobody asks: there is no recording, or the attendee is not on the call. */
export function answerOf(
  recording: RecordingState | null,
  { id, onCall }: { readonly id: string; readonly onCall: boolean },
): Answer | null {
  const given = recording?.consents[id];
  if (given !== undefined) return given ? 'agreed' : 'declined';
  return recording && onCall ? 'unanswered' : null;
}

/** The names of all who are asked, by their answers. */
export function namesByAnswer(recording: RecordingState, { attendees }: SeatState): Record<Answer, string[]> {
  const names: Record<Answer, string[]> = { agreed: [], declined: [], unanswered: [] };
  for (const attendee of attendees) {
    const answer = answerOf(recording, attendee);
    if (answer) names[answer].push(attendee.name);
  }
  return names;
}
