import { TriangleAlert, X } from 'lucide-preact';
import type { MediaProblem } from '../../client/device.ts';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';

interface MediaProblemNoteProps {
  problem: MediaProblem;
  /** Closes the note; without it the note has no button to close. */
  onRead?: () => void;
}

/** Says why camera or microphone is missing, and how to mend it. */
export function MediaProblemNote({ problem, onRead }: MediaProblemNoteProps) {
  const { media } = useClient();
  const { title, help } = strings.media.problems[problem];
  return (
    <div class="note note-warning" role="alert">
      <TriangleAlert size={20} />
      <div>
        <strong>{title}</strong>
        <p>{help}</p>
      </div>
      {problem !== 'insecure-page' && (
        <button type="button" class="button button-small" onClick={() => void media.open()}>
          {strings.tryAgain}
        </button>
      )}
      {onRead && (
        <button type="button" class="icon-button" aria-label={strings.close} onClick={onRead}>
          <X size={18} />
        </button>
      )}
    </div>
  );
}
