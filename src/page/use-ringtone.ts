import { useEffect } from 'preact/hooks';
import { playOn } from './sound.ts';

/** Two soft notes, and then a pause; frequencies in Hz, times in seconds. */
const NOTES = [
  { frequency: 587, at: 0 },
  { frequency: 784, at: 0.28 },
];
const REPEAT_EVERY = 2_600;

/** One low note, as the caller hears it. */
const RINGBACK = [{ frequency: 425, at: 0 }];
const RINGBACK_EVERY = 4_000;

/** Plays notes again and again. @returns a function that ends it @throws where the browser has no Web Audio */
function play(notes: typeof NOTES, every: number): () => void {
  const context = new AudioContext();
  playOn(context, notes);
  const timer = setInterval(() => playOn(context, notes), every);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/** Plays notes while they are wanted, if the browser can, until the component goes. */
function useSound(notes: typeof NOTES, every: number, isWanted = true): void {
  useEffect(() => {
    if (!isWanted) return;
    try {
      return play(notes, every);
    } catch {
      return;
    }
  }, [notes, every, isWanted]);
}

/** Plays what callers hear while it rings elsewhere. */
export function useRingbackTone(isRinging: boolean): void {
  useSound(RINGBACK, RINGBACK_EVERY, isRinging);
}

/** Plays a ringtone and sets the title of the tab, which may be in the background, until the component goes. */
export function useRingtone(title: string): void {
  useSound(NOTES, REPEAT_EVERY);
  useEffect(() => {
    const formerTitle = document.title;
    document.title = title;
    return () => {
      // A person who has accepted is somewhere else now, and the title says so already.
      if (document.title === title) document.title = formerTitle;
    };
  }, [title]);
}
