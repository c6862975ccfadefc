import { useEffect, useState } from 'preact/hooks';
import type { ChatMessage, ConsultationRecord, PostedMessage, UserState } from '../../client/state.ts';
import { useClient } from '../client-context.ts';
import { describeError } from '../describe-error.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { ErrorNote } from '../parts/ErrorNote.tsx';
import { When } from '../parts/When.tsx';
import { FormerRecordings } from '../recording/FormerRecordings.tsx';
import { useAnyRecordings } from '../recording/use-any-recordings.ts';
import { strings } from '../strings.ts';
import { MessageList } from '../workspace/MessageList.tsx';
import { isProvider, namesIn, subjectOf } from './people.ts';

interface HistoryProps {
  consultation: ConsultationRecord;
  user: UserState;
  onClose: () => void;
}

/** What was written in a consultation, and its times, to read. */
export function History({ consultation, user, onClose }: HistoryProps) {
  const client = useClient();
  const { id, openedAt, closedAt, callSeconds } = consultation;
  const [messages, setMessages] = useState<readonly ChatMessage[] | null>(null);
  const [hasEarlier, setHasEarlier] = useState(false);
  const [error, setError] = useState('');
  const of = { consultation: { id } };
  const hasRecordings = useAnyRecordings(of) && isProvider(consultation, user);

  const read = async () => {
    const before = messages?.[0]?.seq;
    try {
      const page = await client.consultationMessages(id, typeof before === 'number' ? { before } : {});
      setMessages((former) => [...page.messages.map((message) => written(message, user)), ...(former ?? [])]);
      setHasEarlier(page.more);
      setError('');
    } catch (failure) {
      setError(describeError(failure));
    }
  };
  useEffect(() => void read(), [id]);

  const words = strings.consultations;
  return (
    <Dialog title={subjectOf(consultation, user.id)} isWide onClose={onClose}>
      <dl class="times">
        <div>
          <dt>{words.with}</dt>
          <dd dir="auto">{namesIn(consultation, user.id)}</dd>
        </div>
        <div>
          <dt>{words.openedAt}</dt>
          <dd>
            <When at={openedAt} />
          </dd>
        </div>
        {closedAt !== null && (
          <div>
            <dt>{words.closedAt}</dt>
            <dd>
              <When at={closedAt} />
            </dd>
          </div>
        )}
        <div>
          <dt>{words.calls}</dt>
          <dd>{callSeconds > 0 ? words.duration(callSeconds) : words.noCall}</dd>
        </div>
      </dl>
      {hasRecordings && <FormerRecordings of={of} />}
      <ErrorNote text={error} />
      {messages === null && error === '' && <p class="quiet">{strings.loading}</p>}
      {messages?.length === 0 && <p class="quiet">{words.nothingWritten}</p>}
      {messages !== null && messages.length > 0 && (
        <div class="history">
          <MessageList messages={messages} hasEarlier={hasEarlier} onEarlier={read} onRetry={() => {}} />
        </div>
      )}
    </Dialog>
  );
}

function written({ seq, at, from, text }: PostedMessage, { id }: UserState): ChatMessage {
  return { key: `#${seq}`, seq, at, from, text, isOwn: from.user?.id === id, state: 'sent' };
}
