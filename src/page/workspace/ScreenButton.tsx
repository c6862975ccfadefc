import { ScreenShare, ScreenShareOff } from 'lucide-preact';
import { useClient } from '../client-context.ts';
import { ControlButton } from '../parts/ControlButton.tsx';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';

export function ScreenButton() {
  const { media } = useClient();
  const { screen } = useObservable(media.state);
  return (
    <ControlButton
      icon={screen ? ScreenShareOff : ScreenShare}
      label={screen ? strings.media.stopSharing : strings.media.shareScreen}
      {...(screen ? { tone: 'active' } : {})}
      onClick={() => (screen ? media.stopScreen() : void media.shareScreen())}
    />
  );
}
