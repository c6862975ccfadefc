import type { Reply } from '../../src/protocol/types.ts';

/** The server's acknowledgement of a seat. */
export interface Granted {
  workspace: { id: string; name: string; avatar: string; owner: string; created: number; token: string };
  attendee: { id: string; name: string };
  accessToken: string;
}

/**
 * A seat that the server acknowledged, and the state that it owes this seat after a crash. A command that it did not
 * acknowledge may or may not have taken effect.
 */
export interface AcknowledgedSeat extends Granted {
  /** The attendee's possible names: more than one while the server has not acknowledged a new one. */
  names: string[];
  /** Whether the attendee left or was kicked. */
  ended: 'no' | 'maybe' | 'yes';
  onCall: 'no' | 'maybe' | 'yes';
}

export function acknowledgedSeat(reply: (Reply<'create'> | Reply<'attend'>) & { ok: true }): AcknowledgedSeat {
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
