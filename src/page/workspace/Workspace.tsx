import { useEffect, useRef, useState } from 'preact/hooks';
import type { SeatState } from '../../client/state.ts';
import { useClient } from '../client-context.ts';
import { useConsultationOf } from '../consultations/use-consultation-of.ts';
import { isHeld } from '../invitation.ts';
import { ConsentDialog } from '../recording/ConsentDialog.tsx';
import { RecordingMark } from '../recording/RecordingMark.tsx';
import { RecordingProblems } from '../recording/RecordingProblems.tsx';
import { Recordings } from '../recording/Recordings.tsx';
import { UploadNote } from '../recording/UploadNote.tsx';
import { useRecordingEvents } from '../recording/use-recording-events.ts';
import { Stage } from '../stage/Stage.tsx';
import { titleOf } from '../title-of.ts';
import { useObservable } from '../use-observable.ts';
import { Banners } from './Banners.tsx';
import { Chat } from './Chat.tsx';
import { Controls } from './Controls.tsx';
import { Header } from './Header.tsx';
import { IncomingCall } from './IncomingCall.tsx';
import { Note } from './Note.tsx';
import { Panel } from './Panel.tsx';
import { useEvents } from './use-events.ts';
import { useFocusFallback } from './use-focus-fallback.ts';
import { useMessageSound } from './use-message-sound.ts';
import { usePanel } from './use-panel.ts';

/** The page of a seat: header, stage, controls and panel. */
export function Workspace({ seat }: { seat: SeatState }) {
  const client = useClient();
  const state = useObservable(client.state);
  const outcomes = useEvents();
  const consultation = useConsultationOf(seat);
  const isOnCall = state.call?.joined ?? false;
  const [panel, togglePanel] = usePanel(isOnCall, seat.workspace.isDial ? null : 'people');
  useMessageSound(panel === 'chat');
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  useFocusFallback();
  const { recording } = state;
  const [isListing, setListing] = useState(false);
  const listRecordings = () => setListing(true);
  useRecordingEvents(recording, seat);
  const given = recording?.consents[seat.self];

  const classes = ['workspace', panel && 'with-panel', isOnCall && 'on-call'].filter(Boolean).join(' ');
  return (
    <div class={classes}>
      <Header
        name={titleOf(state)}
        isConsultation={consultation !== null && consultation.subject !== ''}
        call={state.call}
        connection={state.connection}
        headingRef={heading}
      />
      <main class="workspace-main">
        {!isOnCall && <Note state={state} seat={seat} consultation={consultation} />}
        <div class="stage-place">
          <Stage state={state} seat={seat} outcomes={outcomes} />
          <div class="stage-top">
            <div class="recording-place">
              {recording && <RecordingMark recording={recording} seat={seat} onList={listRecordings} />}
              {!(given && isOnCall) && <UploadNote mayClose={!isOnCall && !isHeld()} />}
              <RecordingProblems />
            </div>
            <Banners
              connection={state.connection}
              call={state.call}
              isOwner={seat.isOwner}
              waiting={panel === 'people' ? [] : seat.waiting}
              isDeviceBusy={state.isDeviceBusy}
            />
          </div>
          {recording && isOnCall && given === undefined && <ConsentDialog />}
          {state.incoming && <IncomingCall caller={state.incoming.caller} workspaceName={titleOf(state)} />}
        </div>
        <Controls state={state} seat={seat} panel={panel} onPanel={togglePanel} />
      </main>
      {panel === 'people' && (
        <Panel
          state={state}
          seat={seat}
          consultation={consultation}
          outcomes={outcomes}
          onRecordings={listRecordings}
          onClose={() => togglePanel('people')}
        />
      )}
      {isListing && <Recordings onClose={() => setListing(false)} />}
      {panel === 'chat' && <Chat chat={state.chat} onClose={() => togglePanel('chat')} />}
    </div>
  );
}
