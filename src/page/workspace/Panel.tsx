import { X } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { ClientState, ConsultationRecord, SeatState } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { CloseConsultation } from '../consultations/CloseConsultation.tsx';
import { offersRecordings } from '../recording/offers-recordings.ts';
import { RecordingsButton } from '../recording/RecordingsButton.tsx';
import type { Outcomes } from '../stage/presence.ts';
import { strings } from '../strings.ts';
import { CloseWorkspace } from './CloseWorkspace.tsx';
import { Invitation } from './Invitation.tsx';
import { Person } from './Person.tsx';
import { WaitingList } from './WaitingList.tsx';

interface PanelProps {
  state: ClientState;
  seat: SeatState;
  /** The consultation whose workspace this is. */
  consultation: ConsultationRecord | null;
  outcomes: Outcomes;
  /** The owner wants to see the list of recordings. */
  onRecordings: () => void;
  onClose: () => void;
}

/** The waiting room, the invitation, the list of attendees, and the buttons to leave and to close the workspace. */
export function Panel({ state, seat, consultation, outcomes, onRecordings, onClose }: PanelProps) {
  const client = useClient();
  const [isClosing, setClosing] = useState(false);
  return (
    <aside class="panel" aria-label={strings.workspace.showPeople}>
      <button type="button" class="icon-button panel-close" aria-label={strings.close} onClick={onClose}>
        <X size={18} />
      </button>
      {seat.isOwner && <WaitingList seat={seat} />}
      <Invitation token={seat.workspace.token} asks={seat.workspace.admission === 'ask'} mayRenew={seat.isOwner} />
      <section class="people">
        <h2>
          {strings.workspace.people} <span class="quiet">{seat.attendees.length}</span>
        </h2>
        <ul>
          {seat.attendees.map((attendee) => (
            <Person key={attendee.id} attendee={attendee} state={state} seat={seat} outcomes={outcomes} />
          ))}
        </ul>
        {seat.isOwner && offersRecordings() && <RecordingsButton onClick={onRecordings} />}
      </section>
      <div class="panel-end">
        <button type="button" class="button button-small" onClick={() => void attempt(client.leave())}>
          {strings.workspace.leave}
        </button>
        {seat.isOwner && (
          <button type="button" class="button button-small button-quiet-danger" onClick={() => setClosing(true)}>
            {consultation ? strings.consultations.close : strings.workspace.closeWorkspace}
          </button>
        )}
      </div>
      {isClosing && consultation && <CloseConsultation consultation={consultation} onClose={() => setClosing(false)} />}
      {isClosing && !consultation && <CloseWorkspace onClose={() => setClosing(false)} />}
    </aside>
  );
}
