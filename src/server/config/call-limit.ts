import type { CallLimit } from '../domain/workspace.ts';
import type { Settings } from './settings.ts';

const MINUTE = 60_000;
const SECOND = 1000;

/** The limit of a call that starts under these settings. */
export function callLimit({
  max_call_minutes: minutes,
  call_warning_seconds: warnings,
}: Pick<Settings, 'max_call_minutes' | 'call_warning_seconds'>): CallLimit {
  return {
    maxMs: minutes === 0 ? null : Math.round(minutes * MINUTE),
    warningsMs: warnings
      .split(',')
      .filter((seconds) => seconds.trim() !== '')
      .map((seconds) => Math.round(Number(seconds) * SECOND)),
  };
}
