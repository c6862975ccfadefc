import type { Services } from '../services.ts';

/** The id of a user, as the server knows it: in an open directory, the folded name. */
export function userIdOf({ users }: Services, given: string): string {
  return users?.idOf(given) ?? given;
}
