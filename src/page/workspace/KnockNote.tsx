import { DoorOpen } from 'lucide-preact';
import type { SeatState } from '../../client/state.ts';
import { strings } from '../strings.ts';
import { Decision } from './WaitingList.tsx';

/** Tells the owner over the stage which person waits longest, where the list is not in sight. */
export function KnockNote({ waiting }: Pick<SeatState, 'waiting'>) {
  const [first, ...others] = waiting;
  if (!first) return null;
  return (
    <div class="note note-line knock-note">
      <DoorOpen size={20} />
      <div>
        {strings.events.knock(first.name)}
        {others.length > 0 && <span class="quiet"> {strings.waitingRoom.andOthers(others.length)}</span>}
      </div>
      <Decision id={first.id} name={first.name} />
    </div>
  );
}
