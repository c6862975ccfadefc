import { ChevronDown } from 'lucide-preact';
import { useId, useState } from 'preact/hooks';
import { strings } from '../strings.ts';
import { RecordingDetails, type RecordingDetailsProps } from './RecordingDetails.tsx';

/** Says all the time that the call is recorded, and shows on demand who has agreed and how far the upload is. */
export function RecordingMark(props: RecordingDetailsProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  return (
    <div class="recording-mark">
      <button
        type="button"
        class="recording-pill"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <span class="recording-dot" />
        {strings.recording.isOn}
        <ChevronDown class="recording-chevron" size={16} />
      </button>
      <div id={id}>{isOpen && <RecordingDetails {...props} />}</div>
    </div>
  );
}
