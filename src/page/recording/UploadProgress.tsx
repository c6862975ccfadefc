import type { RecorderState } from '../../recorder/recorder.ts';
import { strings } from '../strings.ts';

/** How much of what this browser has recorded is on the server. */
export function UploadProgress({ state }: { state: RecorderState }) {
  const { recordedBytes, uploadedBytes, pendingBytes, share } = state;
  const { progress, left, all, givesWay } = strings.recording.upload;
  return (
    <div class="upload-progress">
      <progress aria-label={progress} value={uploadedBytes} max={Math.max(1, recordedBytes)} />
      <p class="quiet">
        {pendingBytes > 0 ? left(pendingBytes, recordedBytes) : all(recordedBytes)}
        {pendingBytes > 0 && share < 1 && ` ${givesWay}`}
      </p>
    </div>
  );
}
