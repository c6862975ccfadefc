import { ChevronDown } from 'lucide-preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { strings } from '../strings.ts';
import { RecordingDetails, type RecordingDetailsProps } from './RecordingDetails.tsx';

/** Says all the time that the call is recorded, and shows on demand who has agreed and how far the upload is. Escape puts that away. */
export function RecordingMark(props: RecordingDetailsProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const pill = useRef<HTMLButtonElement>(null);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const onKey = ({ key }: KeyboardEvent) => {
      // A dialog over it comes first.
      if (key !== 'Escape' || document.querySelector('dialog[open]')) return;
      if (place.current?.contains(document.activeElement)) pill.current?.focus();
      setOpen(false);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [isOpen]);
  return (
    <div class="recording-mark">
      <button
        ref={pill}
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
      <div ref={place} id={id}>
        {isOpen && <RecordingDetails {...props} />}
      </div>
    </div>
  );
}
