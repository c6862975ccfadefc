import { useEffect } from 'preact/hooks';
import { useObservable } from '../use-observable.ts';
import { pageRecorder } from './page-recorder.ts';

/**
 * Has the browser ask before the person closes a page that records, or that has not sent all of what it recorded. What earlier
 * visits have left can wait for the next one, and another page may send for this one.
 */
export function useCloseGuard(): void {
  const { state, hasRecorded } = useObservable(pageRecorder);
  const isNeeded =
    state !== null && hasRecorded && !state.mayClose && (state.isRecording || state.upload !== 'elsewhere');
  useEffect(() => {
    if (!isNeeded) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [isNeeded]);
}
