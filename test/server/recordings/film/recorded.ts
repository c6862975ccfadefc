import { writeFile } from 'node:fs/promises';
import { pino } from 'pino';
import type { Ffmpeg } from '../../../../src/server/recordings/film/ffmpeg.ts';
import type { Recordings } from '../../../../src/server/recordings/recordings.ts';
import type { FilmRecord } from '../../../../src/server/records/films.ts';
import type { Records } from '../../../../src/server/records/records.ts';
import { workspaceOf } from '../../records/samples.ts';
import { openTestRecordings } from '../open.ts';

const recording = { id: '_rec' };

/** A recording that ends 2 s after it has begun, with a part of each of these. @param at when it begins, ms since the epoch */
export async function recorded(
  records: Records,
  recordings: Recordings,
  at: number,
  parts: readonly { user: string; bytes: Uint8Array }[],
): Promise<void> {
  const base = { recording, call: { id: 'call_1' }, startedAt: at };
  const workspace = workspaceOf('_room');
  const people = parts.map(({ user }) => ({ id: `_${user}`, name: user, user: { id: user } }));
  const agreed = people.map((attendee, index) => ({
    ...{ seq: index + 2, type: 'recording.consent' as const, at },
    data: { recording, attendee, given: true, text: '' },
  }));
  await records.take([
    {
      workspace,
      events: [{ seq: 1, type: 'recording.started', at, data: { ...base, startedBy: null } }, ...agreed],
    },
  ]);
  for (const { user, bytes } of parts) await uploaded(records, recordings, at, { user, bytes });
  const seq = agreed.length + 2;
  await records.take([
    { workspace, events: [{ seq, type: 'recording.stopped', at: at + 2000, data: { ...base, stoppedAt: at + 2000 } }] },
  ]);
}

/** A part of a recording that is whole. */
export async function uploaded(
  records: Records,
  recordings: Recordings,
  at: number,
  { user, bytes, part = user }: { user: string; bytes: Uint8Array; part?: string },
): Promise<void> {
  const begun = await recordings.begin({
    ...{ recordingId: recording.id, attendee: `_${user}`, user, name: user, part },
    ...{ mimeType: 'video/webm', source: 'camera', startedAt: at },
  });
  if (typeof begun !== 'object') throw new Error(`the part is refused: ${begun}`);
  await writeFile(recordings.store.fileOf(begun.id), bytes);
  await records.recordingParts.declare(begun.id, bytes.length);
  await recordings.finish(begun);
}

interface OpenOptions {
  directory: string;
  now: () => number;
  ffmpeg: Ffmpeg | null;
  freeBytes?: number;
  onLine?: (line: string) => void;
}

export function openWith(
  records: Records,
  { directory, now, ffmpeg, freeBytes = 0, onLine = () => {} }: OpenOptions,
): Promise<Recordings> {
  return openTestRecordings({
    ...{ directory, records, now, ffmpeg },
    log: pino({ level: 'info' }, { write: onLine }),
    quota: { recordingBytes: 1e9, freeBytes },
  });
}

/** Waits until the film is as it should be. */
export async function filmIs(
  records: Records,
  isRight: (film: FilmRecord | null) => boolean,
): Promise<FilmRecord | null> {
  let film: FilmRecord | null = null;
  await until(async () => {
    film = await records.films.get(recording.id);
    return isRight(film);
  });
  return film;
}

/** Waits for something that nobody tells, however slow the machine is: the test has a time limit of its own. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}
