import { Clapperboard } from 'lucide-preact';
import { strings } from '../strings.ts';

/** Leads to the list of recordings. */
export function RecordingsButton({ onClick }: { onClick: () => void }) {
  return (
    <button type="button" class="button button-small recordings-button" onClick={onClick}>
      <Clapperboard size={16} />
      {strings.recording.list.title}
    </button>
  );
}
