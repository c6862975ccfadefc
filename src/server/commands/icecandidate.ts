import type { RelayHandler } from './handler.ts';

export const icecandidate: RelayHandler<'icecandidate'> = (sender, { attendee, candidate }) => ({
  attendee: { id: attendee.id },
  broadcaster: { id: sender.attendee },
  candidate,
});
