import { MessageSquare, Settings2, UserPlus, Users } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { ClientState, SeatState } from '../../client/state.ts';
import { ControlButton } from '../parts/ControlButton.tsx';
import { DeviceChoice } from '../parts/DeviceChoice.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { MediaToggles } from '../parts/MediaToggles.tsx';
import { mayRecord } from '../recording/may-record.ts';
import { offersRecordings } from '../recording/offers-recordings.ts';
import { RecordButton } from '../recording/RecordButton.tsx';
import { strings } from '../strings.ts';
import { CallButtons } from './CallButtons.tsx';
import { ScreenButton } from './ScreenButton.tsx';
import type { PanelName } from './use-panel.ts';

interface ControlsProps {
  state: ClientState;
  seat: SeatState;
  panel: PanelName | null;
  onPanel: (name: PanelName) => void;
}

/** Browsers of phones cannot share the screen. */
const canShare = typeof navigator.mediaDevices?.getDisplayMedia === 'function';

/** The bar of buttons below the stage, always in the same place. */
export function Controls({ state, seat, panel, onPanel }: ControlsProps) {
  const [isChoosing, setChoosing] = useState(false);
  const isOnCall = state.call?.joined ?? false;
  const { unread } = state.chat;
  const knocks = seat.waiting.length;

  const canRecord = isOnCall && offersRecordings() && mayRecord(seat, state.user);

  return (
    <section class={canRecord ? 'controls controls-recording' : 'controls'} aria-label={strings.call.controls}>
      <div class="controls-group">
        <MediaToggles />
        {isOnCall && canShare && <ScreenButton />}
        {canRecord && <RecordButton recording={state.recording} />}
      </div>
      <CallButtons call={state.call} seat={seat} />
      <div class="controls-group controls-last">
        <ControlButton icon={Settings2} label={strings.media.devices} onClick={() => setChoosing(true)} />
        {!seat.workspace.isDial && (
          <ControlButton
            icon={seat.attendees.length > 1 ? Users : UserPlus}
            label={knocks > 0 ? strings.waitingRoom.count(knocks) : strings.workspace.people}
            shortLabel={strings.workspace.people}
            badge={knocks}
            isExpanded={panel === 'people'}
            onClick={() => onPanel('people')}
          />
        )}
        <ControlButton
          icon={MessageSquare}
          label={unread > 0 ? strings.chat.unread(unread) : strings.chat.title}
          shortLabel={strings.chat.title}
          badge={unread}
          isExpanded={panel === 'chat'}
          onClick={() => onPanel('chat')}
        />
      </div>
      {isChoosing && (
        <Dialog title={strings.media.devices} onClose={() => setChoosing(false)}>
          <DeviceChoice />
        </Dialog>
      )}
    </section>
  );
}
