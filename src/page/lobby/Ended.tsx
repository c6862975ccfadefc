import { useEffect, useRef } from 'preact/hooks';
import type { RecordingsOf } from '../../client/mesh-client.ts';
import type { ConsultationRecord, EndReason } from '../../client/state.ts';
import { useClient } from '../client-context.ts';
import { subjectOf } from '../consultations/people.ts';
import { Card } from '../parts/Card.tsx';
import { FormerRecordings } from '../recording/FormerRecordings.tsx';
import { strings } from '../strings.ts';

interface EndedProps {
  reason: Exclude<EndReason, 'left'>;
  workspaceName: string;
  /** The consultation whose workspace it was, where the user can read of it. */
  consultation: ConsultationRecord | null;
  /** The recordings of the workspace, where this person owned it and knows of some. */
  recordings: RecordingsOf | null;
  onDone: () => void;
  onConsultations: () => void;
}

/** Says why the seat ended, and offers the next step. */
export function Ended({ reason, workspaceName, consultation, recordings, onDone, onConsultations }: EndedProps) {
  const client = useClient();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const isClosed = reason === 'destroyed' && consultation !== null;
  const { title, action } = isClosed ? strings.consultationEnded : strings.ended[reason];
  const text = isClosed
    ? strings.consultationEnded.text(subjectOf(consultation, client.state.value.user?.id))
    : strings.ended[reason].text(workspaceName || strings.thisWorkspace);
  // The newest connection holds the seat, so a reload takes it back.
  const act = reason === 'superseded' ? () => location.reload() : isClosed ? onConsultations : onDone;
  return (
    <Card>
      <div role="alert">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <p>{text}</p>
      </div>
      {recordings && reason !== 'superseded' && <FormerRecordings of={recordings} />}
      <button type="button" class="button button-primary" onClick={act}>
        {action}
      </button>
    </Card>
  );
}
