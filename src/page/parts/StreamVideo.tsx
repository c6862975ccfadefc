import { useEffect, useRef, useState } from 'preact/hooks';
import { strings } from '../strings.ts';

interface StreamVideoProps {
  stream: MediaStream | null;
  /** Plays the own stream, without sound. */
  isSelf: boolean;
  class: string;
}

/** Plays a stream. If the browser blocks sound until the person clicks, it shows a button. */
export function StreamVideo({ stream, isSelf, class: className }: StreamVideoProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [isBlocked, setBlocked] = useState(false);

  const play = () =>
    video.current?.play().then(
      () => setBlocked(false),
      (error: unknown) => setBlocked(error instanceof DOMException && error.name === 'NotAllowedError'),
    );

  useEffect(() => {
    if (!video.current) return;
    video.current.srcObject = stream;
    if (stream) void play();
  }, [stream]);

  return (
    <>
      <video ref={video} class={className} muted={isSelf} autoplay playsInline disablePictureInPicture={isSelf} />
      {isBlocked && (
        <button type="button" class="button button-small sound-button" onClick={play}>
          {strings.media.soundBlocked}
        </button>
      )}
    </>
  );
}
