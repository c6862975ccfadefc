import type { MeshClient } from '../client/mesh-client.ts';

/** What the recorder uses of a client. */
export type RecordingClient = Pick<MeshClient, 'state' | 'media' | 'serverNow' | 'seatProof'>;
