import { type Logger, pino } from 'pino';
import type { LogLevel } from './load-config.ts';

/**
 * JSON lines on stdout; in DEVELOPMENT lines for people. Nobody logs payloads: what a client sends can hold tokens,
 * PINs, SDP and candidates, so only names, ids and codes are ever given to the log.
 */
export async function createLogger(level: LogLevel, development: boolean): Promise<Logger> {
  if (!development) return pino({ level });
  const { default: pretty } = await import('pino-pretty');
  return pino({ level }, pretty({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', sync: true }));
}
