import { useEffect, useRef } from 'preact/hooks';

/** How often the level is measured, in ms: often enough for the eye. */
const EVERY = 80;
/** Ordinary speech has about this root mean square; it fills the meter. */
const LOUD = 0.15;

let shared: AudioContext | null = null;

/** One for the whole page; browsers let it start only after something was done on the page. */
function audioContext(): AudioContext {
  if (!shared) {
    const context = new AudioContext();
    shared = context;
    for (const event of ['pointerdown', 'keydown']) {
      document.addEventListener(event, () => void context.resume(), { once: true });
    }
  }
  return shared;
}

/** Measures how loud a stream is, 0 to 1, as long as it has sound. */
export function useLevel(stream: MediaStream | null, onLevel: (level: number) => void): void {
  const callback = useRef(onLevel);
  callback.current = onLevel;
  const track = stream?.getAudioTracks()[0] ?? null;
  useEffect(() => {
    if (!track) return;
    const context = audioContext();
    const source = context.createMediaStreamSource(new MediaStream([track]));
    const analyser = new AnalyserNode(context, { fftSize: 512 });
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      callback.current(Math.min(1, Math.sqrt(power) / LOUD));
    }, EVERY);
    return () => {
      clearInterval(timer);
      source.disconnect();
      callback.current(0);
    };
  }, [track]);
}
