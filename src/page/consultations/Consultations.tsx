import { Plus } from 'lucide-preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { UserState } from '../../client/state.ts';
import { useClient } from '../client-context.ts';
import { ErrorNote } from '../parts/ErrorNote.tsx';
import { PageHeader } from '../parts/PageHeader.tsx';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { SignIn } from '../user/SignIn.tsx';
import { ConsultationItem } from './ConsultationItem.tsx';
import { OpenConsultation } from './OpenConsultation.tsx';
import { useConsultations } from './use-consultations.ts';

/** The screen with the consultations of the user. */
export function Consultations() {
  const client = useClient();
  const { user } = useObservable(client.state);
  return (
    <div class="lobby">
      <PageHeader />
      <main class="list-place">
        {user ? <UserConsultations user={user} /> : <SignIn purpose={strings.consultations.signInFor} />}
      </main>
    </div>
  );
}

function UserConsultations({ user }: { user: UserState }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [isOpening, setOpening] = useState(false);
  const { open, closed, isRead, hasOlder, error, read, readOlder } = useConsultations();
  useEffect(() => heading.current?.focus(), []);
  const { title, empty, emptyProvider, openOnes, closedOnes, older } = strings.consultations;
  const isEmpty = isRead && open.length === 0 && closed.length === 0;
  return (
    <section class="card list-card">
      <div class="list-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {user.opensConsultations && (
          <button type="button" class="button button-primary" onClick={() => setOpening(true)}>
            <Plus size={18} />
            {strings.consultations.open}
          </button>
        )}
      </div>
      {error !== '' && (
        <div class="list-error">
          <ErrorNote text={error} />
          <button type="button" class="button button-small" onClick={() => void read()}>
            {strings.tryAgain}
          </button>
        </div>
      )}
      {!isRead && error === '' && <p class="quiet">{strings.loading}</p>}
      {isEmpty && <p class="quiet">{user.opensConsultations ? emptyProvider : empty}</p>}
      {open.length > 0 && (
        <section class="list-part">
          <h2>{openOnes}</h2>
          <ul class="list">
            {open.map((consultation) => (
              <ConsultationItem key={consultation.id} consultation={consultation} user={user} />
            ))}
          </ul>
        </section>
      )}
      {closed.length > 0 && (
        <section class="list-part">
          <h2>{closedOnes}</h2>
          <ul class="list">
            {closed.map((consultation) => (
              <ConsultationItem key={consultation.id} consultation={consultation} user={user} />
            ))}
          </ul>
        </section>
      )}
      {hasOlder && (
        <button type="button" class="button button-small list-more" onClick={() => void readOlder()}>
          {older}
        </button>
      )}
      {isOpening && <OpenConsultation onClose={() => setOpening(false)} />}
    </section>
  );
}
