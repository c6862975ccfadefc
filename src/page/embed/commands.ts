import type { MeshClient } from '../../client/mesh-client.ts';
import type { Commands } from '../../embed/messages.ts';
import { switches } from '../switches.ts';

/** What the methods of `<mesh-call>` do. */
export const commands: { [Name in keyof Commands]: (client: MeshClient) => Promise<Commands[Name]> } = {
  start: async (client) => {
    const { incoming, invites } = client.state.value;
    const ring = invites.find((invite) => invite.ring);
    if (incoming) await client.accept();
    else if (ring) await client.accept(ring);
    else await client.startCall();
  },
  hangup: async (client) => {
    const { seat } = client.state.value;
    // A call of two users ends for both when one of them leaves it.
    if (seat?.isOwner && !seat.workspace.isDial) await client.hangup();
    else await client.leaveCall();
  },
  toggleMic: async ({ media }) => {
    await media.setMicrophone(!switches(media.state.value).microphone);
    return media.state.value.microphone;
  },
  toggleCam: async ({ media }) => {
    await media.setCamera(!switches(media.state.value).camera);
    return media.state.value.camera;
  },
  leave: async (client) => {
    if (client.state.value.seat) await client.leave();
    else await client.giveUp();
  },
};
