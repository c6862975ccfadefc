import type { MeshClient } from '../../client/mesh-client.ts';
import { Observable } from '../../client/observable.ts';
import type { RecorderState } from '../../recorder/recorder.ts';
import { rememberedUploads } from '../remembered.ts';

/** The pause before the recorder is loaded again where that failed, in ms. */
const AGAIN = 5_000;

/** What this page records and uploads. */
export interface PageRecorder {
  /** Null while the recorder is not loaded. */
  readonly state: RecorderState | null;
  /** Whether this page has recorded something since it was opened. */
  readonly hasRecorded: boolean;
  /** Whether the recorder is needed and could not be loaded. */
  readonly isMissing: boolean;
}

export const pageRecorder = new Observable<PageRecorder>({ state: null, hasRecorded: false, isMissing: false });

/**
 * Loads the recorder once somebody records in the workspace, or where an earlier visit has left something to upload: pages that
 * do neither load nothing. From then on it follows the client by itself.
 */
export function recordFor(client: MeshClient): void {
  let isLoading = false;
  const load = async () => {
    if (isLoading) return;
    isLoading = true;
    try {
      const { Recorder } = await import('../../recorder/recorder.ts');
      stop();
      const { state } = new Recorder(client);
      state.subscribe(show);
      show(state.value);
    } catch {
      pageRecorder.set({ ...pageRecorder.value, isMissing: true });
      setTimeout(() => {
        isLoading = false;
        look();
      }, AGAIN);
    }
  };
  const look = () => {
    if (client.state.value.recording || rememberedUploads.get()) void load();
  };
  const stop = client.state.subscribe(look);
  look();
}

function show(state: RecorderState): void {
  rememberedUploads.set(!state.mayClose);
  const hasRecorded = pageRecorder.value.hasRecorded || state.isRecording;
  pageRecorder.set({ state, hasRecorded, isMissing: false });
}
