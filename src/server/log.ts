import { type Logger, pino } from 'pino';
import type { LogLevel } from './config/load-config.ts';
import { LogWriter } from './log-writer.ts';

/** The log may hold so many unread characters. Further lines are lost: calls must not wait for a log. */
const MOST_UNREAD = 4 * 1024 * 1024;

/**
 * Logs JSON lines to stdout; in DEVELOPMENT, lines for people. No code logs payloads: a command can hold tokens, PINs,
 * SDP and candidates, so the log gets only names, ids and codes.
 */
export async function createLogger(level: LogLevel, development: boolean): Promise<Logger> {
  const stdout = new LogWriter(MOST_UNREAD);
  if (!development) return pino({ level }, stdout);
  const { default: pretty } = await import('pino-pretty');
  return pino({ level }, pretty({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', destination: stdout }));
}
