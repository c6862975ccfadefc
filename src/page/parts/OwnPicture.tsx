import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { MediaToggles } from './MediaToggles.tsx';
import { StreamVideo } from './StreamVideo.tsx';

/** The own picture as others will see it, with the buttons of microphone and camera. */
export function OwnPicture() {
  const { media } = useClient();
  const { stream, camera, opening } = useObservable(media.state);
  const isOpening = opening.microphone || opening.camera;
  return (
    <div class="preview-picture">
      <StreamVideo stream={stream} isSelf class={camera ? 'mirrored' : 'hidden'} />
      {!camera && <p class="preview-text">{isOpening ? strings.media.opening : strings.media.cameraIsOff}</p>}
      <div class="preview-controls">
        <MediaToggles />
      </div>
    </div>
  );
}
