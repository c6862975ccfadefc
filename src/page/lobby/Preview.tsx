import { useClient } from '../client-context.ts';
import { DeviceChoice } from '../parts/DeviceChoice.tsx';
import { LevelMeter } from '../parts/LevelMeter.tsx';
import { MediaProblemNote } from '../parts/MediaProblemNote.tsx';
import { MediaToggles } from '../parts/MediaToggles.tsx';
import { StreamVideo } from '../parts/StreamVideo.tsx';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';

/** Shows and measures the own camera and microphone before anybody else sees and hears them. */
export function Preview() {
  const { media } = useClient();
  const { stream, camera, hasMicrophone, problem, opening } = useObservable(media.state);
  const isOpening = opening.microphone || opening.camera;
  return (
    <section class="preview" aria-label={strings.media.preview}>
      <div class="preview-picture">
        <StreamVideo stream={stream} isSelf class={camera ? 'mirrored' : 'hidden'} />
        {!camera && <p class="preview-text">{isOpening ? strings.media.opening : strings.media.cameraIsOff}</p>}
        <div class="preview-controls">
          <MediaToggles />
        </div>
      </div>
      {problem && <MediaProblemNote problem={problem} />}
      <LevelMeter stream={stream} hint={hasMicrophone ? strings.media.level : strings.media.noMicrophone} />
      <DeviceChoice />
    </section>
  );
}
