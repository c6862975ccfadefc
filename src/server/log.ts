import { type Logger, pino } from 'pino';
import type { LogLevel } from './config/load-config.ts';

/** The log may hold so many unread bytes. Further lines are lost: calls must not wait for a log. */
const MOST_UNREAD = 4 * 1024 * 1024;

/**
 * Logs JSON lines to stdout; in DEVELOPMENT, lines for people. No code logs payloads: a command can hold tokens, PINs,
 * SDP and candidates, so the log gets only names, ids and codes.
 */
export async function createLogger(level: LogLevel, development: boolean): Promise<Logger> {
  // Not in sync: with a pipe that nobody empties, each line would hold up everybody until there is room.
  const stdout = pino.destination({ dest: 1, sync: false, maxLength: MOST_UNREAD });
  if (!development) return pino({ level }, stdout);
  const { default: pretty } = await import('pino-pretty');
  return pino({ level }, pretty({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', destination: stdout }));
}
