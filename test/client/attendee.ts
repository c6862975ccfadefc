import type { AttendeeRecord } from '../../src/protocol/types.ts';

/** An attendee that is connected and not on the call, if nothing else is said. */
export const attendee = (id: string, changes: Partial<AttendeeRecord> = {}): AttendeeRecord => ({
  id,
  name: id,
  avatar: '',
  owner: false,
  connected: true,
  onCall: false,
  mic: true,
  cam: true,
  ...changes,
});
