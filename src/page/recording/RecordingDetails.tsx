import { CircleStop } from 'lucide-preact';
import type { RecordingState, SeatState } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { type Answer, namesByAnswer } from './answers.ts';
import { mayRecord } from './may-record.ts';
import { pageRecorder } from './page-recorder.ts';
import { RecordingsButton } from './RecordingsButton.tsx';
import { UploadProgress } from './UploadProgress.tsx';

export interface RecordingDetailsProps {
  recording: RecordingState;
  seat: SeatState;
  /** The owner wants to see the list of recordings. */
  onList: () => void;
}

const answers: readonly Answer[] = ['agreed', 'declined', 'unanswered'];

/**
 * Who has agreed to the recording, what this page does for it, and the way to withdraw, or to agree after all. The owner can end it
 * here, also after leaving the call.
 */
export function RecordingDetails({ recording, seat, onList }: RecordingDetailsProps) {
  const client = useClient();
  const { state } = useObservable(pageRecorder);
  const words = strings.recording;
  const names = namesByAnswer(recording, seat);
  const given = recording.consents[seat.self];
  const mayStop = mayRecord(seat, client.state.value.user);
  return (
    <section class="recording-details" aria-label={words.details}>
      <div class="recording-self">
        <p>{state?.isRecording ? words.selfRecorded : given ? words.selfAgreed : words.selfNot}</p>
        {given === true && (
          <button
            type="button"
            class="button button-small"
            onClick={() => void attempt(client.consent(false, words.consent.version))}
          >
            {words.withdraw}
          </button>
        )}
        {given === false && (
          <>
            <p class="quiet recording-terms">{words.consent.text.join(' ')}</p>
            <button
              type="button"
              class="button button-small"
              onClick={() => void attempt(client.consent(true, words.consent.version))}
            >
              {words.agree}
            </button>
          </>
        )}
      </div>
      <dl class="recording-answers">
        {answers
          .filter((answer) => names[answer].length > 0)
          .map((answer) => (
            <div key={answer}>
              <dt>{words.answers[answer]}</dt>
              <dd dir="auto">{names[answer].join(', ')}</dd>
            </div>
          ))}
      </dl>
      {(mayStop || seat.isOwner) && (
        <div class="recording-actions">
          {mayStop && (
            <button type="button" class="button button-small" onClick={() => void attempt(client.stopRecording())}>
              <CircleStop size={16} />
              {words.stop}
            </button>
          )}
          {seat.isOwner && <RecordingsButton onClick={onList} />}
        </div>
      )}
      {state && state.recordedBytes > 0 && <UploadProgress state={state} />}
    </section>
  );
}
