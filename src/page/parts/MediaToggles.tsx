import { Mic, MicOff, Video, VideoOff } from 'lucide-preact';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { switches } from '../switches.ts';
import { useObservable } from '../use-observable.ts';
import { ControlButton } from './ControlButton.tsx';

/** Buttons for microphone and camera; each is about its device alone, also while the browser still asks the person. */
export function MediaToggles() {
  const { media } = useClient();
  const { microphone, camera } = switches(useObservable(media.state));
  return (
    <>
      <ControlButton
        icon={microphone ? Mic : MicOff}
        label={microphone ? strings.media.mute : strings.media.unmute}
        shortcut="M"
        isOff={!microphone}
        onClick={() => void media.setMicrophone(!microphone)}
      />
      <ControlButton
        icon={camera ? Video : VideoOff}
        label={camera ? strings.media.cameraOff : strings.media.cameraOn}
        shortcut="V"
        isOff={!camera}
        onClick={() => void media.setCamera(!camera)}
      />
    </>
  );
}
