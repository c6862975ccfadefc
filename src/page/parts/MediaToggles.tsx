import { Mic, MicOff, Video, VideoOff } from 'lucide-preact';
import { useClient } from '../client-context.ts';
import { reopenMedia } from '../media-start.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { ControlButton } from './ControlButton.tsx';

/** Buttons for microphone and camera. Without a device they try to open it again. */
export function MediaToggles() {
  const { media } = useClient();
  const { microphone, camera, hasMicrophone, hasCamera } = useObservable(media.state);
  const toggleMicrophone = () => {
    if (hasMicrophone) media.setMicrophone(!microphone);
    else void reopenMedia(media);
  };
  const toggleCamera = () => void (hasCamera ? media.setCamera(!camera) : reopenMedia(media));
  return (
    <>
      <ControlButton
        icon={microphone ? Mic : MicOff}
        label={microphone ? strings.media.mute : strings.media.unmute}
        shortcut="M"
        isOff={!microphone}
        onClick={toggleMicrophone}
      />
      <ControlButton
        icon={camera ? Video : VideoOff}
        label={camera ? strings.media.cameraOff : strings.media.cameraOn}
        shortcut="V"
        isOff={!camera}
        onClick={toggleCamera}
      />
    </>
  );
}
