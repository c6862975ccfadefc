import type { RecordingsOf } from '../../client/mesh-client.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { ErrorNote } from '../parts/ErrorNote.tsx';
import { strings } from '../strings.ts';
import { RecordingItem } from './RecordingItem.tsx';
import { useRecordings } from './use-recordings.ts';

interface RecordingsProps {
  /** What is over; without it, the workspace of the seat. */
  of?: RecordingsOf;
  onClose: () => void;
}

/** The recordings of a workspace for its owner, to download. */
export function Recordings({ of, onClose }: RecordingsProps) {
  const { list, error, read } = useRecordings(of);
  const words = strings.recording.list;
  return (
    <Dialog title={words.title} isWide onClose={onClose}>
      <div class="recordings">
        <ErrorNote text={error} />
        {list === null && error === '' && <p class="quiet">{strings.loading}</p>}
        {list?.recordings.length === 0 && <p class="quiet">{words.empty}</p>}
        {list?.recordings.map((recording) => (
          <RecordingItem
            key={recording.id}
            recording={recording}
            access={{ of, token: list.downloadToken }}
            onChange={read}
          />
        ))}
      </div>
    </Dialog>
  );
}
