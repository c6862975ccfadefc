import type { ClientState } from '../../client/state.ts';
import { colourId } from '../parts/Avatar.tsx';

/** The other user of a call, also before that user has come. */
export function partnerOf({ seat, outgoing }: Pick<ClientState, 'seat' | 'outgoing'>): { id: string; name: string } {
  const other = seat?.attendees.find(({ id }) => id !== seat.self);
  if (other) return { id: colourId(other), name: other.name };
  return outgoing.find(({ isDial }) => isDial)?.user ?? { id: '', name: '' };
}
