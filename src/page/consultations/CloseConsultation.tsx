import type { ConsultationRecord } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { Confirm } from '../parts/Confirm.tsx';
import { useRecordingsKept } from '../recording/use-recordings-kept.ts';
import { strings } from '../strings.ts';
import { subjectOf } from './people.ts';

interface CloseConsultationProps {
  consultation: ConsultationRecord;
  onClose: () => void;
}

/** Asks the provider, and closes the consultation. */
export function CloseConsultation({ consultation, onClose }: CloseConsultationProps) {
  const client = useClient();
  const kept = useRecordingsKept({ consultation: { id: consultation.id } });
  const { closeTitle, closeText, closeYes } = strings.consultations;
  const close = async () => {
    await client.closeConsultation(consultation.id);
  };
  return (
    <Confirm
      title={closeTitle(subjectOf(consultation, consultation.provider.id))}
      text={[closeText, kept].filter(Boolean).join(' ')}
      yes={closeYes}
      onYes={() => void attempt(close())}
      onClose={onClose}
    />
  );
}
