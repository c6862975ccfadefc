import type { AttendeeRecord } from '../../client/state.ts';
import { strings } from '../strings.ts';

/** What an attendee is beside the name, such as `you, Owner`; '' if nothing. @param isDial whether it is a call of two users */
export function roleOf({ owner }: AttendeeRecord, isSelf: boolean, isDial: boolean): string {
  return [isSelf && strings.workspace.you, owner && !isDial && strings.workspace.owner].filter(Boolean).join(', ');
}
