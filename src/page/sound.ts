/** One note: its frequency in Hz, and when it begins, in s. */
interface Note {
  readonly frequency: number;
  readonly at: number;
}

const NOTE_LENGTH = 0.5;
const VOLUME = 0.08;

/** Plays notes over a context that lasts. */
export function playOn(context: AudioContext, notes: readonly Note[]): void {
  for (const { frequency, at } of notes) {
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

/** Plays notes once, if the browser can. */
export function playNotes(notes: readonly Note[]): void {
  try {
    const context = new AudioContext();
    playOn(context, notes);
    const end = Math.max(...notes.map(({ at }) => at)) + NOTE_LENGTH;
    setTimeout(() => void context.close(), end * 1000 + 100);
  } catch {
    // The browser has no Web Audio, or no device: the announcement says it in words.
  }
}
