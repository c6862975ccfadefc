import { CircleCheck, CloudUpload, X } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { type PageRecorder, pageRecorder } from './page-recorder.ts';
import { UploadProgress } from './UploadProgress.tsx';

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

/**
 * Says, when this page records no more, whether everything is on the server, so that the page may be closed.
 * @param isOnCall whether the person is on a call, and closes no page
 */
export function UploadNote({ isOnCall = false }: { isOnCall?: boolean }) {
  const recorder = useObservable(pageRecorder);
  /** The bytes of which the person knows that they are uploaded. */
  const [read, setRead] = useState(-1);
  const said = toSay(recorder);
  const { state } = recorder;
  const { sentences, mayClose } = strings.recording.upload;
  const isRead = said === 'done' && read === state?.recordedBytes;
  const sentence = said === 'done' && !isOnCall ? `${sentences.done} ${mayClose}` : said && sentences[said];
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
      {said === 'done' && !isRead && (
        <button
          type="button"
          class="icon-button"
          aria-label={strings.close}
          onClick={() => setRead(state?.recordedBytes ?? -1)}
        >
          <X size={18} />
        </button>
      )}
    </div>
  );
}
