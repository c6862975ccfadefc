import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type Api, ApiError, sentenceOf } from './api.ts';
import { type Overview, readOverview } from './overview.ts';

/** The pause between two readings, ms. */
const EVERY_MS = 5000;

interface Watched {
  /** The last one that could be read. */
  readonly overview: Overview;
  /** When it was read, by the clock of the server, in ms since the epoch. */
  readonly at: number;
  /** Why the latest reading failed, or ''. */
  readonly error: string;
  /** Reads it now. */
  readonly refresh: () => void;
}

/** Reads the overview again and again while the tab is visible. @param onRefused called when the key is not accepted any more */
export function useOverview(api: Api, first: Overview, onRefused: (sentence: string) => void): Watched {
  const [overview, setOverview] = useState<Overview>(first);
  const [at, setAt] = useState(() => api.now());
  const [error, setError] = useState('');
  const refused = useRef(onRefused);
  refused.current = onRefused;

  const read = useCallback(async () => {
    try {
      setOverview(await readOverview(api));
      setAt(api.now());
      setError('');
    } catch (failure) {
      const status = failure instanceof ApiError ? failure.status : null;
      if (status === 401 || status === 403) refused.current(sentenceOf(failure));
      else setError(sentenceOf(failure));
    }
  }, [api]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const plan = () => {
      clearTimeout(timer);
      if (!isOver && document.visibilityState === 'visible') timer = setTimeout(run, EVERY_MS);
    };
    const run = () => void read().finally(plan);
    const onVisible = () => (document.visibilityState === 'visible' ? run() : clearTimeout(timer));
    plan();
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [read]);

  return { overview, at, error, refresh: () => void read() };
}
