import { TriangleAlert, X } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { pageRecorder } from './page-recorder.ts';

/** Says what is wrong with the recording or its upload, until the person has read it. */
export function RecordingProblems() {
  const { state, isMissing } = useObservable(pageRecorder);
  const [read, setRead] = useState('');
  const { problems, missing } = strings.recording;
  const sentences = isMissing ? [missing] : (state?.problems ?? []).map(({ code }) => problems[code]);
  const text = sentences.join(' ');
  return (
    <div role="status">
      {text !== '' && text !== read && (
        <div class="note note-warning recording-problem">
          <TriangleAlert size={20} />
          <div>{text}</div>
          <button type="button" class="icon-button" aria-label={strings.close} onClick={() => setRead(text)}>
            <X size={18} />
          </button>
        </div>
      )}
    </div>
  );
}
