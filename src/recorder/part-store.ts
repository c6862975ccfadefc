import type { SeatProof } from '../client/recording-keeper.ts';

/** A part of a recording: what one run of MediaRecorder gives, from its start until its tracks change or it stops. */
export interface Part {
  /** Made by the page that records; the server knows the part by it too. */
  readonly id: string;
  /** The page that records it. */
  readonly page: string;
  readonly workspace: string;
  readonly attendee: string;
  readonly recording: string;
  /** 'camera': microphone and camera, or one of them. 'screen': the screen alone. */
  readonly source: 'camera' | 'screen';
  readonly mimeType: string;
  /** In ms since the epoch, by the clock of the server. */
  readonly startedAt: number;
  /** When something was last added to it, or the server had all of it, in ms since the epoch, by the clock of this device. */
  readonly touchedAt: number;
  /** What proves to the server whose it is, until the server has all of it. */
  readonly proof: SeatProof | null;
  /** Where it goes; null until the server has said so, and when its token holds no more. */
  readonly upload: Upload | null;
  /** The bytes that were recorded, and are in this store or on the server. */
  readonly recorded: number;
  /** The bytes that the server has for certain; the store has them no more. */
  readonly uploaded: number;
  /** Null while it is recorded. `at`: when it ended, as `startedAt`; null where its page was gone before it could say. */
  readonly end: { readonly at: number | null } | null;
  /** Whether the server has all of it. */
  readonly isWhole: boolean;
}

/** An upload that the server has made. */
export interface Upload {
  readonly url: string;
  readonly token: string;
}

/** The storage of the browser takes no more. */
export class StorageFull extends Error {
  override name = 'StorageFull';
}

/** The part was ended or removed, maybe by another page of this browser. */
export class PartOver extends Error {
  override name = 'PartOver';
}

/** Bytes with memory of their own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The parts that this browser has recorded, with their bytes until the server has them. */
export interface PartStore {
  parts(): Promise<Part[]>;
  /** @throws StorageFull */
  add(part: Part): Promise<void>;
  /** Changes a part, unless it is gone. @throws StorageFull */
  update(id: string, change: (part: Part) => Part): Promise<void>;
  /** Adds recorded bytes to the end of a part. @param now by the clock of this device @throws StorageFull, PartOver */
  append(id: string, bytes: Bytes, now: number): Promise<void>;
  /** Bytes of a part from an offset on, at most `size`; null where the store does not have them. */
  read(id: string, offset: number, size: number): Promise<Bytes | null>;
  /** The server has the first bytes of a part, up to an offset: the store lets go of them. */
  acknowledge(id: string, offset: number): Promise<void>;
  /** Forgets a part and all of its bytes. */
  remove(id: string): Promise<void>;
  close(): void;
}

/** @throws PartOver where nothing can be added to the part */
export function appended(part: Part | undefined, size: number, now: number): Part {
  if (!part || part.end) throw new PartOver();
  return { ...part, recorded: part.recorded + size, touchedAt: now };
}

/** The offset never goes back: an answer of the server may come late. */
export function acknowledged(part: Part, offset: number): Part {
  return { ...part, uploaded: Math.max(part.uploaded, offset) };
}

/**
 * Bytes from an offset on, at most `size`; null where the chunks do not have them.
 * @param chunks in their order
 * @param start the offset of the first of them; without any, the end of the part
 */
export function joined(chunks: readonly Bytes[], start: number, offset: number, size: number): Bytes | null {
  const length = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  if (offset < start) return null;
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all.slice(offset - start, offset - start + size);
}
