import { pino } from 'pino';
import { refuse } from '../../../src/protocol/errors.ts';
import { openRecordings, type Recordings, type RecordingsOptions } from '../../../src/server/recordings/recordings.ts';
import { Uploads } from '../../../src/server/recordings/uploads.ts';

type Given = Pick<RecordingsOptions, 'directory' | 'records' | 'now'> & Partial<RecordingsOptions>;

/** Recordings of a server with much room, without ffmpeg, whose workspaces are all gone. */
export function openTestRecordings(given: Given): Promise<Recordings> {
  return openRecordings({
    log: pino({ level: 'silent' }),
    uploadDays: 7,
    keptDays: 30,
    quota: { recordingBytes: 1e9, freeBytes: 0 },
    isShared: false,
    document: async () => null,
    ...given,
  });
}

/** The requests of uploads and downloads, in which a token is what it opens. */
export function uploadsTo(recordings: Recordings): Uploads {
  return new Uploads({
    recordings,
    begin: async () => refuse('NO_RECORDING'),
    readToken: (token) => token,
    readDownload: (token) => token,
    mayConnect: () => true,
    onRefused: () => {},
    log: pino({ level: 'silent' }),
  });
}
