import { useClient } from '../client-context.ts';
import { DeviceChoice } from '../parts/DeviceChoice.tsx';
import { LevelMeter } from '../parts/LevelMeter.tsx';
import { MediaProblemNote } from '../parts/MediaProblemNote.tsx';
import { OwnPicture } from '../parts/OwnPicture.tsx';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';

/** Shows and measures the own camera and microphone before anybody else sees and hears them. */
export function Preview() {
  const { media } = useClient();
  const { stream, hasMicrophone, problem } = useObservable(media.state);
  return (
    <section class="preview" aria-label={strings.media.preview}>
      <OwnPicture />
      {problem && <MediaProblemNote problem={problem} />}
      <LevelMeter stream={stream} hint={hasMicrophone ? strings.media.level : strings.media.noMicrophone} />
      <DeviceChoice />
    </section>
  );
}
