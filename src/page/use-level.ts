import { useEffect, useRef } from 'preact/hooks';

/** The time between two measurements, in ms: short enough for the eye. */
const EVERY = 80;
/** Ordinary speech has about this root mean square; it fills the meter. */
export const LOUD = 0.15;

let shared: AudioContext | null = null;

/** One context for the whole page. Browsers let it start only after the person clicked or pressed a key. */
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

/** Measures a track again and again. @returns a function that ends it @throws where the browser has no Web Audio */
function measure(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  const context = audioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = new AnalyserNode(context, { fftSize: 512 });
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    onLevel(Math.min(1, Math.sqrt(power) / LOUD));
  }, EVERY);
  return () => {
    clearInterval(timer);
    source.disconnect();
    onLevel(0);
  };
}

/**
 * Measures the loudness of a stream, from 0 to 1, while it has an audio track. Where the browser cannot, the level stays
 * at 0.
 */
export function useLevel(stream: MediaStream | null, onLevel: (level: number) => void): void {
  const callback = useRef(onLevel);
  callback.current = onLevel;
  const track = stream?.getAudioTracks()[0] ?? null;
  useEffect(() => {
    if (!track) return;
    try {
      return measure(track, (level) => callback.current(level));
    } catch {
      return;
    }
  }, [track]);
}
