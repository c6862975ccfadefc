import { CircleDashed, CircleDot, CircleSlash } from 'lucide-preact';
import { strings } from '../strings.ts';
import type { Answer } from './answers.ts';

const icons = { agreed: CircleDot, declined: CircleSlash, unanswered: CircleDashed };

/** What an attendee has said to being recorded, as a sign on the tile. */
export function AnswerMark({ answer }: { answer: Answer }) {
  const Icon = icons[answer];
  return <Icon size={14} class={`answer-${answer}`} role="img" aria-label={strings.recording.answerOf[answer]} />;
}
