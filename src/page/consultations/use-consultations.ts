import { useEffect, useRef, useState } from 'preact/hooks';
import type { ConsultationRecord } from '../../client/state.ts';
import { useClient } from '../client-context.ts';
import { describeError } from '../describe-error.ts';
import { useObservable } from '../use-observable.ts';

const PAGE = 20;
/** The most that the server gives at once; nobody has more open ones. */
const MOST = 200;

interface Consultations {
  open: readonly ConsultationRecord[];
  closed: readonly ConsultationRecord[];
  /** Whether the lists are read, at least once. */
  isRead: boolean;
  hasOlder: boolean;
  /** The sentence of the last error, or ''. */
  error: string;
  /** Reads the lists, and again after an error. */
  read: () => Promise<void>;
  readOlder: () => Promise<void>;
}

/** The consultations of the user, read anew with each sign-in. */
export function useConsultations(): Consultations {
  const client = useClient();
  const { user, consultations } = useObservable(client.state);
  const [isRead, setRead] = useState(false);
  const [hasOlder, setHasOlder] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const oldest = useRef(Number.POSITIVE_INFINITY);

  const readClosed = async (query: { before?: number }) => {
    const { consultations: page, more } = await client.consultations({ ...query, status: 'closed', limit: PAGE });
    oldest.current = page.at(-1)?.openedAt ?? oldest.current;
    setHasOlder(more);
  };
  const guarded = async (reading: () => Promise<unknown>) => {
    try {
      await reading();
      setFailure(null);
      setRead(true);
    } catch (error) {
      setFailure(error);
    }
  };
  const read = () =>
    guarded(() => Promise.all([client.consultations({ status: 'open', limit: MOST }), readClosed({})]));
  const readOlder = () => guarded(() => readClosed({ before: oldest.current }));

  // Every sign-in makes a new object, also the one after a lost network.
  useEffect(() => {
    if (user) void read();
  }, [user]);

  return {
    open: consultations.filter(({ status }) => status === 'open'),
    closed: consultations.filter(({ status }) => status === 'closed'),
    isRead,
    hasOlder,
    error: failure === null ? '' : describeError(failure),
    read,
    readOlder,
  };
}
