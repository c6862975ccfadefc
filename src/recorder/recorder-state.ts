import type { Part } from './part-store.ts';
import { problem, type RecordingProblem, type RecordingProblemCode } from './problems.ts';

/** What a page shows of recording and upload. It is immutable: every change makes a new object. */
export interface RecorderState {
  /** Whether this page records now. */
  readonly isRecording: boolean;
  /** The bytes of this visit, and of former ones that were not sent then: recorded, with the server, and not there yet. */
  readonly recordedBytes: number;
  readonly uploadedBytes: number;
  readonly pendingBytes: number;
  /**
   * 'idle': there is nothing to send. 'uploading': this page sends what comes. 'waiting': it cannot now, and `problems` say why; it goes on by
   * itself. 'elsewhere': another page of this browser sends, for all of them.
   */
  readonly upload: 'idle' | 'uploading' | 'waiting' | 'elsewhere';
  /** The share of the time that the upload uses, from 1/16 to 1: less than 1 while the call needs the network. */
  readonly share: number;
  /**
   * Whether closing all pages of this site now would leave nothing unsent; false until the storage of the browser is read. (What is
   * left goes on at the next visit, for a week.)
   */
  readonly mayClose: boolean;
  /** What is wrong at present, or went wrong since this page was opened. */
  readonly problems: readonly RecordingProblem[];
}

/** Before the storage of the browser is read. */
export const nothingKnown: RecorderState = {
  isRecording: false,
  recordedBytes: 0,
  uploadedBytes: 0,
  pendingBytes: 0,
  upload: 'idle',
  share: 1,
  mayClose: false,
  problems: [],
};

export interface Facts {
  readonly parts: readonly Part[];
  /** When this page was opened, in ms since the epoch, by the clock of this device. */
  readonly openedAt: number;
  /** The bytes that were recorded and are not in the store yet. */
  readonly unsaved: number;
  readonly isRecording: boolean;
  /** Whether this page is the one that sends. */
  readonly isUploader: boolean;
  /** Why nothing goes at present; null: nothing hinders it. */
  readonly hindrance: RecordingProblemCode | null;
  readonly share: number;
  readonly problems: readonly RecordingProblemCode[];
  /** Whether somebody can still ask the server where a part goes. */
  readonly canAsk: (part: Part) => boolean;
}

export function stateOf(facts: Facts): RecorderState {
  const { parts, openedAt, unsaved, isRecording, isUploader, hindrance, share, canAsk } = facts;
  const counted = parts.filter((part) => !part.isWhole || part.touchedAt >= openedAt);
  const open = counted.filter((part) => !part.isWhole && (part.upload !== null || canAsk(part)));
  const unsent = counted.some((part) => !part.isWhole && part.end !== null && part.upload === null && !canAsk(part));
  const sum = (each: (part: Part) => number) => counted.reduce((total, part) => total + each(part), 0);
  const recordedBytes = sum(({ recorded }) => recorded) + unsaved;
  const uploadedBytes = sum(({ uploaded }) => uploaded);
  const mayClose = !isRecording && unsaved === 0 && open.length === 0;
  const codes = new Set([...facts.problems, ...(hindrance ? [hindrance] : []), ...(unsent ? ['unsent' as const] : [])]);
  // Then nothing can be lost any more.
  if (mayClose) codes.delete('no-storage');
  return {
    isRecording,
    recordedBytes,
    uploadedBytes,
    pendingBytes: Math.max(0, recordedBytes - uploadedBytes),
    upload: open.length === 0 ? 'idle' : uploading(isUploader, hindrance),
    share,
    mayClose,
    problems: [...codes].map(problem),
  };
}

function uploading(isUploader: boolean, hindrance: RecordingProblemCode | null): RecorderState['upload'] {
  if (!isUploader) return 'elsewhere';
  return hindrance === null ? 'uploading' : 'waiting';
}
