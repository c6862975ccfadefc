import { Clapperboard } from 'lucide-preact';
import { strings } from '../strings.ts';

interface RecordingsButtonProps {
  /** What they are the recordings of, where that is not clear; default ''. */
  name?: string;
  onClick: () => void;
}

/** Leads to the list of recordings. */
export function RecordingsButton({ name = '', onClick }: RecordingsButtonProps) {
  const { title, titleOf } = strings.recording.list;
  return (
    <button type="button" class="button button-small recordings-button" onClick={onClick}>
      <Clapperboard size={16} />
      {name === '' ? title : titleOf(name)}
    </button>
  );
}
