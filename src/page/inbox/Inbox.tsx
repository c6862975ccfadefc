import { useEffect, useRef } from 'preact/hooks';
import type { UserState } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { PageHeader } from '../parts/PageHeader.tsx';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { SignIn } from '../user/SignIn.tsx';
import { InboxItem } from './InboxItem.tsx';

/** The screen with what the user missed. */
export function Inbox() {
  const client = useClient();
  const { user } = useObservable(client.state);
  return (
    <div class="lobby">
      <PageHeader />
      <main class="list-place">{user ? <UserInbox user={user} /> : <SignIn purpose={strings.inbox.signInFor} />}</main>
    </div>
  );
}

function UserInbox({ user }: { user: UserState }) {
  const client = useClient();
  const { inbox, consultations } = useObservable(client.state);
  const heading = useRef<HTMLHeadingElement>(null);
  /** What was new when this screen first showed it; it stays marked while the person looks. */
  const fresh = useRef(new Set<number>());
  for (const { seq, seen } of inbox.items) if (!seen) fresh.current.add(seq);
  useEffect(() => heading.current?.focus(), []);
  useSeen(inbox.unseen);
  // Says which consultations are open still.
  useEffect(() => void client.consultations({ status: 'open' }).catch(() => {}), [client, user]);

  return (
    <section class="card list-card">
      <div class="list-head">
        <h1 ref={heading} tabIndex={-1}>
          {strings.inbox.title}
        </h1>
      </div>
      {inbox.items.length === 0 && <p class="quiet">{strings.inbox.empty}</p>}
      {inbox.items.length > 0 && (
        <ul class="list">
          {inbox.items.map((item) => (
            <InboxItem
              key={item.seq}
              item={item}
              user={user}
              isNew={fresh.current.has(item.seq)}
              isOpen={consultations.some(({ id, status }) => id === item.consultation && status === 'open')}
            />
          ))}
        </ul>
      )}
      {inbox.more && (
        <button
          type="button"
          class="button button-small list-more"
          onClick={() => void attempt(client.readOlderInbox())}
        >
          {strings.inbox.older}
        </button>
      )}
    </section>
  );
}

/** Everything is seen once the person looks at this tab. */
function useSeen(unseen: number): void {
  const client = useClient();
  useEffect(() => {
    // Without a connection the next look, or the next item, tells the server.
    const look = () => {
      if (unseen > 0 && document.visibilityState === 'visible') client.markInboxSeen().catch(() => {});
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [client, unseen]);
}
