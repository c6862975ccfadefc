import { useEffect } from 'preact/hooks';
import { Observable } from '../../client/observable.ts';
import type { CallState } from '../../client/state.ts';
import { pageRecorder } from './page-recorder.ts';

/** The bytes of which the person knows that they are uploaded; -1: none. */
export const readUpload = new Observable(-1);

/** The person knows that what is uploaded now is uploaded. */
export function putUploadAway(): void {
  const { state } = pageRecorder.value;
  if (state?.mayClose) readUpload.set(state.recordedBytes);
}

/** Puts away what was said of a former recording when the person comes to a call. */
export function useUploadRead(call: CallState | null): void {
  const joined = call?.joined ? call.id : null;
  useEffect(() => {
    if (joined !== null) putUploadAway();
  }, [joined]);
}
