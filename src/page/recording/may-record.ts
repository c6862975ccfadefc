import type { SeatState, UserState } from '../../client/state.ts';

/** Whether this person may start and stop recordings: the owner, where the host system says nothing else of the user of the seat. */
export function mayRecord({ self, isOwner, attendees }: SeatState, user: UserState | null): boolean {
  const holder = attendees.find(({ id }) => id === self)?.user?.id;
  return (user?.id === holder ? user?.record : undefined) ?? isOwner;
}
