import type { MeshClient, RecordingsOf } from '../../client/mesh-client.ts';
import { Observable } from '../../client/observable.ts';
import type { ClientState } from '../../client/state.ts';
import { isHeld } from '../invitation.ts';
import { type KeptRecordings, rememberedRecordings } from '../remembered.ts';

/** A workspace with recordings whose owner this person is or was. */
export interface OwnedRecordings extends KeptRecordings {
  /** How this page reads them, whatever became of the workspace. */
  readonly of: RecordingsOf;
}

/**
 * The workspaces with recordings whose owner this person is or was in this browser, the latest first. Of users this browser
 * keeps no access token: their sign-in proves as much, and others may use the browser after them.
 */
export const ownedRecordings = new Observable<readonly OwnedRecordings[]>(
  rememberedRecordings.get().map((kept) => ({ ...kept, of: ofKept(kept) })),
);

/** Notes the workspaces of which this person is the owner, once there is a recording. */
export function followOwnRecordings(client: MeshClient): void {
  client.state.subscribe((state) => {
    const own = ownIn(client, state);
    const former = own && ownedRecordings.value.find(({ workspace }) => workspace === own.workspace);
    if (own && JSON.stringify(own) !== JSON.stringify(former)) keep([own, ...without(own.workspace)]);
  });
}

/** The list is not to be had any more. */
export function forgetRecordings(workspace: string): void {
  keep(without(workspace));
}

/** @returns null where there is nothing of which this page knows */
function ownIn({ seatProof }: MeshClient, { seat, recording }: ClientState): OwnedRecordings | null {
  if (!seat?.isOwner || !seatProof) return null;
  const { id, name, isDial } = seat.workspace;
  if (!recording && !ownedRecordings.value.some(({ workspace }) => workspace === id)) return null;
  const { accessToken } = seatProof;
  const isUser = seat.attendees.find(({ id }) => id === seat.self)?.user !== undefined;
  const of = { workspace: { id }, accessToken };
  return { workspace: id, name, isDial, ...(isUser ? {} : { accessToken }), of };
}

function keep(all: readonly OwnedRecordings[]): void {
  ownedRecordings.set(all);
  // In a frame, a former owner in this browser does not matter.
  if (!isHeld()) rememberedRecordings.set(all.map(({ of: _, ...kept }) => kept));
}

const without = (id: string) => ownedRecordings.value.filter(({ workspace }) => workspace !== id);

function ofKept({ workspace: id, accessToken }: KeptRecordings): RecordingsOf {
  return { workspace: { id }, ...(accessToken === undefined ? {} : { accessToken }) };
}
