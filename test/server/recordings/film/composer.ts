/** A server as far as it makes films, for a test that kills it: the file of its records and its folder are its arguments. */
import { pino } from 'pino';
import { findFfmpeg } from '../../../../src/server/recordings/film/ffmpeg.ts';
import { openRecords } from '../../../../src/server/records/records.ts';
import { openWith } from './recorded.ts';

const [file = '', directory = ''] = process.argv.slice(2);
const ffmpeg = await findFfmpeg({ niceness: 0 });
if (typeof ffmpeg === 'string') throw new Error(ffmpeg);
const log = pino({ level: 'silent' });
const records = await openRecords({ kind: 'sqlite', file }, { log, now: Date.now, days: 0, webhooks: [] });
await openWith(records, { directory, now: Date.now, ffmpeg });
setInterval(() => {}, 1000);
