import { Dialog } from '../parts/Dialog.tsx';
import { ErrorNote } from '../parts/ErrorNote.tsx';
import { strings } from '../strings.ts';
import { RecordingItem } from './RecordingItem.tsx';
import { useRecordings } from './use-recordings.ts';

/** The recordings of the workspace for its owner, to download. */
export function Recordings({ onClose }: { onClose: () => void }) {
  const { list, error } = useRecordings();
  const words = strings.recording.list;
  return (
    <Dialog title={words.title} isWide onClose={onClose}>
      <div class="recordings">
        <ErrorNote text={error} />
        {list === null && error === '' && <p class="quiet">{strings.loading}</p>}
        {list?.recordings.length === 0 && <p class="quiet">{words.empty}</p>}
        {list?.recordings.map((recording) => (
          <RecordingItem key={recording.id} recording={recording} token={list.downloadToken} />
        ))}
      </div>
    </Dialog>
  );
}
