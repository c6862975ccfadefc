import { useMemo } from 'react';
import type { AttendeeRecord, ClientState, PeerState } from '../client/mesh-client.ts';
import { useMesh } from './use-mesh.ts';

/** Somebody else on the call, or somebody who is rung: the person, and the connection. */
export interface Peer extends PeerState {
  readonly id: string;
  readonly name: string;
  readonly attendee: AttendeeRecord;
}

const read = ({ peers, seat }: ClientState) => ({ peers, attendees: seat?.attendees });

/** The others with whom this page is connected, or is about to be, in the order in which they sat down. */
export function usePeers(): readonly Peer[] {
  const { peers, attendees = [] } = useMesh(read);
  return useMemo(
    () =>
      attendees.flatMap((attendee) => {
        const { id, name = '' } = attendee;
        const peer = peers[id];
        return peer ? [{ ...peer, id, name, attendee }] : [];
      }),
    [peers, attendees],
  );
}
