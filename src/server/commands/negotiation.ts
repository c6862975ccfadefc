import type { RelayHandler } from './handler.ts';

/** On the way in `attendee` is the target, on the way out the sender: so clients in the field have it. */
export const negotiation: RelayHandler<'negotiation'> = (sender, { message }) => ({
  attendee: { id: sender.attendee },
  message,
});
