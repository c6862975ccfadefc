import type { MeshClient } from '../../client/mesh-client.ts';
import { Observable } from '../../client/observable.ts';
import type { IncomingInvite } from '../../client/state.ts';
import { rememberedWish } from '../remembered.ts';

/** With picture and sound, or with sound alone. */
export type Media = 'audio' | 'video';

/** How the person called last. */
export const chosenMedia = new Observable<Media>('video');

/** The invite of the last call whose outcome the person knows. */
export const readOutcome = new Observable<string | null>(null);

/** The devices open when the seat of the call is there. A person who muted the microphone stays muted. */
function wishFor({ media }: MeshClient, kind: Media): void {
  const cameraOff = kind === 'audio';
  rememberedWish.set({ ...media.state.value.wish, ...rememberedWish.get(), cameraOff });
  // A browser may remember nothing, and nobody's camera may open for a call without pictures.
  if (cameraOff) void media.setCamera(false);
}

/** Calls a user. @throws CommandError */
export async function dial(client: MeshClient, { id, name }: { id: string; name: string }, kind: Media): Promise<void> {
  wishFor(client, kind);
  // Beside what becomes of this call, it would be confusing.
  readOutcome.set(client.state.value.outgoing.find(({ isDial }) => isDial)?.invite.id ?? null);
  await client.dial(id, { media: kind, name });
}

/** Accepts a ring. @throws CommandError */
export async function accept(client: MeshClient, invite: IncomingInvite): Promise<void> {
  wishFor(client, invite.media);
  await client.accept(invite);
}
