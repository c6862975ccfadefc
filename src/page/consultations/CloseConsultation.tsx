import type { ConsultationRecord } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { Confirm } from '../parts/Confirm.tsx';
import { useRecordingsLost } from '../recording/use-recordings-lost.ts';
import { strings } from '../strings.ts';
import { subjectOf } from './people.ts';

interface CloseConsultationProps {
  consultation: ConsultationRecord;
  onClose: () => void;
}

/** Asks the provider, and closes the consultation. */
export function CloseConsultation({ consultation, onClose }: CloseConsultationProps) {
  const client = useClient();
  const lost = useRecordingsLost();
  const { closeTitle, closeText, closeYes } = strings.consultations;
  const close = async () => {
    await client.closeConsultation(consultation.id);
  };
  return (
    <Confirm
      title={closeTitle(subjectOf(consultation, consultation.provider.id))}
      text={[closeText, lost].filter(Boolean).join(' ')}
      yes={closeYes}
      onYes={() => void attempt(close())}
      onClose={onClose}
    />
  );
}
