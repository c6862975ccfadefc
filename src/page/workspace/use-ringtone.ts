import { useEffect } from 'preact/hooks';
import { playOn } from '../sound.ts';

/** Two soft notes, and then a pause; frequencies in Hz, times in seconds. */
const NOTES = [
  { frequency: 587, at: 0 },
  { frequency: 784, at: 0.28 },
];
const REPEAT_EVERY = 2_600;

/** Plays the ringtone again and again. @returns a function that ends it @throws where the browser has no Web Audio */
function play(): () => void {
  const context = new AudioContext();
  playOn(context, NOTES);
  const timer = setInterval(() => playOn(context, NOTES), REPEAT_EVERY);
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
