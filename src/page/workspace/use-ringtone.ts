import { useEffect } from 'preact/hooks';

/** Two soft notes, and then a pause; frequencies in Hz, times in seconds. */
const NOTES = [
  { frequency: 587, at: 0 },
  { frequency: 784, at: 0.28 },
];
const NOTE_LENGTH = 0.5;
const VOLUME = 0.08;
const REPEAT_EVERY = 2_600;

function playOnce(context: AudioContext): void {
  for (const { frequency, at } of NOTES) {
    const start = context.currentTime + at;
    const tone = new OscillatorNode(context, { frequency });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(VOLUME, start + 0.03);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + NOTE_LENGTH);
    tone.connect(gain).connect(context.destination);
    tone.start(start);
    tone.stop(start + NOTE_LENGTH);
  }
}

/** Plays the ringtone again and again. @returns a function that ends it @throws where the browser has no Web Audio */
function play(): () => void {
  const context = new AudioContext();
  playOnce(context);
  const timer = setInterval(() => playOnce(context), REPEAT_EVERY);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/** Plays a ringtone, if the browser can, until the component goes. */
function useSound(): void {
  useEffect(() => {
    try {
      return play();
    } catch {
      return;
    }
  }, []);
}

/** Plays a ringtone and sets the title of the tab, which may be in the background, until the component goes. */
export function useRingtone(title: string): void {
  useSound();
  useEffect(() => {
    const formerTitle = document.title;
    document.title = title;
    return () => {
      document.title = formerTitle;
    };
  }, [title]);
}
