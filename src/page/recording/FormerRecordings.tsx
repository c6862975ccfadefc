import { useState } from 'preact/hooks';
import type { RecordingsOf } from '../../client/mesh-client.ts';
import { Recordings } from './Recordings.tsx';
import { RecordingsButton } from './RecordingsButton.tsx';

interface FormerRecordingsProps {
  of: RecordingsOf;
  /** What they are the recordings of, where that is not clear; default ''. */
  name?: string;
}

/** Leads to the recordings of what is over. */
export function FormerRecordings({ of, name = '' }: FormerRecordingsProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <RecordingsButton name={name} onClick={() => setOpen(true)} />
      {isOpen && <Recordings of={of} onClose={() => setOpen(false)} />}
    </>
  );
}
