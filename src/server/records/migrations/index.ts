import type { Migration } from 'kysely';
import * as records from './0001-records.ts';
import * as webhooks from './0002-webhooks.ts';
import * as api from './0003-api.ts';
import * as messages from './0004-messages.ts';
import * as consultations from './0005-consultations.ts';
import * as recordings from './0006-recordings.ts';
import * as films from './0007-films.ts';
import * as recordingOwners from './0008-recording-owners.ts';

/**
 * Every step from an empty database to the tables of `schema.ts`, in the order of the names. A step that a release has
 * brought never changes, because databases of that release have it behind them; what comes later is a step of its own.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-records': records,
  '0002-webhooks': webhooks,
  '0003-api': api,
  '0004-messages': messages,
  '0005-consultations': consultations,
  '0006-recordings': recordings,
  '0007-films': films,
  '0008-recording-owners': recordingOwners,
};
