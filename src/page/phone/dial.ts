import type { MeshClient } from '../../client/mesh-client.ts';

/** With picture and sound, or with sound alone. */
export type Media = 'audio' | 'video';

/** Opens the devices for a call of that kind. A person who muted the microphone stays muted. */
export function openDevices({ media }: MeshClient, kind: Media): void {
  void media.open({ cameraOff: kind === 'audio' });
}

/** Calls a user. @throws CommandError */
export async function dial(client: MeshClient, { id, name }: { id: string; name: string }, kind: Media): Promise<void> {
  openDevices(client, kind);
  await client.dial(id, { media: kind, name });
}
