import { CircleCheck, CloudUpload, X } from 'lucide-preact';
import { useEffect } from 'preact/hooks';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { type PageRecorder, pageRecorder } from './page-recorder.ts';
import { UploadProgress } from './UploadProgress.tsx';
import { putUploadAway, readUpload } from './use-upload-read.ts';

/** What there is to say of the upload, apart from a recording that is on; null: nothing. */
function toSay({ state, hasRecorded }: PageRecorder): 'done' | 'uploading' | 'waiting' | 'earlier' | null {
  if (!state || state.isRecording) return null;
  // Of what can never be sent, its problem says so.
  if (state.mayClose) return hasRecorded && state.pendingBytes === 0 ? 'done' : null;
  // Another page of this browser sends, and says so.
  if (state.upload === 'elsewhere' || state.upload === 'idle') return hasRecorded ? 'uploading' : null;
  if (!hasRecorded) return 'earlier';
  return state.upload;
}

/** How long the page says that everything is uploaded, in ms. */
const SHOWN_FOR = 60_000;

/**
 * Says, when this page records no more, whether everything is on the server. The person can put that away, and it goes by itself.
 * @param mayClose whether to add that the page may be closed: not to those who talk on it or wait on it, nor in a frame
 */
export function UploadNote({ mayClose }: { mayClose: boolean }) {
  const recorder = useObservable(pageRecorder);
  const read = useObservable(readUpload);
  const { state } = recorder;
  const said = toSay(recorder);
  const isRead = said === 'done' && read === state?.recordedBytes;
  const isDone = said === 'done' && !isRead;
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(putUploadAway, SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [isDone]);
  const words = strings.recording.upload;
  const sentence = said && [words.sentences[said], isDone && mayClose ? words.mayClose : ''].filter(Boolean).join(' ');
  return (
    <div class="upload-note">
      <p class={said && !isRead ? 'upload-sentence' : 'visually-hidden'} role="status">
        {said && !isRead && (
          <>
            {said === 'done' ? (
              <CircleCheck class="upload-icon" size={18} />
            ) : (
              <CloudUpload class="upload-icon" size={18} />
            )}
            {sentence}
          </>
        )}
      </p>
      {state && said && said !== 'done' && <UploadProgress state={state} />}
      {isDone && (
        <button type="button" class="icon-button" aria-label={strings.close} onClick={putUploadAway}>
          <X size={18} />
        </button>
      )}
    </div>
  );
}
