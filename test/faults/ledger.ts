import type { Reply } from '../../src/protocol/types.ts';

/** What a server acknowledged when it gave a seat. */
export interface Granted {
  workspace: { id: string; name: string; avatar: string; owner: string; created: number; token: string };
  attendee: { id: string; name: string };
  accessToken: string;
}

/**
 * A seat that was acknowledged, and all that a server owes it after it was killed. What was asked for and not
 * acknowledged yet may have come about or not.
 */
export interface KeptSeat extends Granted {
  /** The names that it may have: more than one while a new one was not acknowledged. */
  names: string[];
  /** Whether it was left or kicked. */
  ended: 'no' | 'maybe' | 'yes';
  onCall: 'no' | 'maybe' | 'yes';
}

export function keptSeat(reply: (Reply<'create'> | Reply<'attend'>) & { ok: true }): KeptSeat {
  const { workspace, attendee, accessToken } = reply;
  const { id, name, avatar, owner, created, token } = workspace;
  return {
    workspace: { id, name, avatar, owner, created, token },
    attendee: { id: attendee.id, name: attendee.name },
    accessToken,
    names: [attendee.name],
    ended: 'no',
    onCall: 'no',
  };
}

export function proofOf({ workspace, attendee, accessToken }: Granted) {
  return { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
}

export function isOwner({ workspace, attendee }: Granted): boolean {
  return workspace.owner === attendee.id;
}
