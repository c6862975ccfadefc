import { useId, useState } from 'preact/hooks';
import type { ConsultationRecord, UserState } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { When } from '../parts/When.tsx';
import { strings } from '../strings.ts';
import { CloseConsultation } from './CloseConsultation.tsx';
import { History } from './History.tsx';
import { isProvider, namesIn, othersIn, subjectOf } from './people.ts';

interface ConsultationItemProps {
  consultation: ConsultationRecord;
  user: UserState;
}

/** One consultation in the list: the way in while it is open, and what became of it afterwards. */
export function ConsultationItem({ consultation, user }: ConsultationItemProps) {
  const client = useClient();
  const id = useId();
  const [shown, setShown] = useState<'history' | 'close' | null>(null);
  const { status, openedAt, closedAt, callSeconds } = consultation;
  const others = othersIn(consultation, user.id);
  // Without a subject the names are the title.
  const hasSubject = consultation.subject !== '' && others.length > 0;
  const isOpen = status === 'open';
  const { since, closed, lasted, noCall, history } = strings.consultations;
  return (
    <li class="item">
      <Avatar id={others[0]?.id ?? ''} name={others[0]?.name ?? ''} />
      <div class="item-text">
        <p class="item-title" id={id} dir="auto">
          {subjectOf(consultation, user.id)}
        </p>
        <p class="quiet item-note">
          {hasSubject && (
            <>
              <bdi>{namesIn(consultation, user.id)}</bdi>
              {' · '}
            </>
          )}
          {isOpen ? <When at={openedAt} text={since} /> : <When at={closedAt ?? openedAt} text={closed} />}
          {!isOpen && <> · {callSeconds > 0 ? lasted(callSeconds) : noCall}</>}
        </p>
      </div>
      <div class="item-actions">
        {isOpen && isProvider(consultation, user) && (
          <button
            type="button"
            class="button button-small button-quiet-danger"
            aria-describedby={id}
            onClick={() => setShown('close')}
          >
            {strings.consultations.close}
          </button>
        )}
        {isOpen ? (
          <button
            type="button"
            class="button button-small button-primary"
            aria-describedby={id}
            onClick={() => void attempt(client.joinConsultation(consultation.id))}
          >
            {strings.consultations.join}
          </button>
        ) : (
          <button type="button" class="button button-small" aria-describedby={id} onClick={() => setShown('history')}>
            {history}
          </button>
        )}
      </div>
      {shown === 'history' && <History consultation={consultation} user={user} onClose={() => setShown(null)} />}
      {shown === 'close' && <CloseConsultation consultation={consultation} onClose={() => setShown(null)} />}
    </li>
  );
}
