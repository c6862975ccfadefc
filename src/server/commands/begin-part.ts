import { setTimeout as sleep } from 'node:timers/promises';
import { isRefusal, type Refusal, refuse } from '../../protocol/errors.ts';
import type { CommandInput, CommandOutput } from '../../protocol/types.ts';
import type { Claims } from '../auth/tokens.ts';
import { find } from '../domain/change.ts';
import { mayBeRecorded } from '../domain/recording.ts';
import type { Workspace } from '../domain/workspace.ts';
import { allAgreements, consentAt, wasOn } from '../recordings/agreement.ts';
import type { Recordings } from '../recordings/recordings.ts';
import type { NewPart } from '../records/recording-parts.ts';
import type { Services } from '../services.ts';
import type { Commits } from '../workspaces/commits.ts';
import { refuseWhereOff } from './recording-access.ts';

const NOT_AGREED = 'You have not agreed to be recorded, so nothing of you is kept.';
const TOO_MANY = 'The recording has as many parts as it may have.';

/** So often the records are looked at that do not know a recording yet, with this pause between, ms. */
const LOOKS = 10;
const LOOK_AGAIN_MS = 50;

/** What a client says of a part. */
export type PartInput = Omit<CommandInput<'recording-part'>, 'workspace' | 'attendee' | 'accessToken'>;

/** What the server knows of the person whose part it is, and when it began, ms since the epoch. */
type Permit = Pick<NewPart, 'user' | 'name' | 'startedAt'>;

type PermitRefusal = Refusal<'NOT_ALLOWED' | 'NO_RECORDING' | 'BUSY_TRY_AGAIN'>;

/**
 * Begins a part for the attendee whom an access token has named, or finds it: of a recording that is on, and later on, as long as
 * there is time for uploads, also one that had begun before the recording, the consent, the seat or the workspace was over.
 * @throws StoreError
 */
export async function beginPart(
  services: Services,
  commits: Commits,
  { workspace: workspaceId, attendee }: Pick<Claims, 'workspace' | 'attendee'>,
  input: PartInput,
): Promise<CommandOutput<'recording-part'> | PermitRefusal> {
  const { recordings } = services;
  if (!recordings) return refuseWhereOff(services) ?? refuse('NOT_ALLOWED');
  const workspace = await services.store.get(workspaceId);
  const permit =
    permitNow(workspace, attendee, input, services.now()) ??
    (await permitLate(services, recordings, commits, { workspaceId, attendee, input }));
  if (isRefusal(permit)) return permit;
  const { recording, part, mimeType, source } = input;
  const begin = () => recordings.begin({ recordingId: recording.id, attendee, part, mimeType, source, ...permit });
  let upload = await begin();
  // The records hear of a new recording a moment after it is there, and from another node a little later.
  if (upload === 'unknown') upload = await commits.recorded().then(begin);
  for (let look = 0; look < LOOKS && upload === 'unknown'; look += 1) upload = await sleep(LOOK_AGAIN_MS).then(begin);
  if (upload === 'unknown') return refuse('BUSY_TRY_AGAIN');
  if (upload === 'full') return refuse('NOT_ALLOWED', {}, TOO_MANY);
  return {
    uploadUrl: `uploads/${upload.id}`,
    uploadToken: services.tokens.upload(upload.id, services.now() + recordings.uploadMs),
  };
}

/** @returns null where that recording is not on, or the attendee has no seat, or does not agree */
function permitNow(workspace: Workspace | null, id: string, input: PartInput, now: number): Permit | null {
  const recording = workspace?.recording;
  const attendee = workspace && find(workspace, id);
  if (!attendee || recording?.id !== input.recording.id || !mayBeRecorded(recording, id)) return null;
  const { user, name } = attendee;
  return { user, name, startedAt: Math.min(Math.max(input.startedAt, recording.startedAt), now) };
}

/** By what the records have of the recording, and of who had agreed when the part began. */
async function permitLate(
  { store, now }: Services,
  recordings: Recordings,
  commits: Commits,
  { workspaceId, attendee, input }: { workspaceId: string; attendee: string; input: PartInput },
): Promise<Permit | PermitRefusal> {
  const { id } = input.recording;
  await commits.recorded();
  const workspace = await store.read(workspaceId);
  const agreements = allAgreements(await recordings.agreements(id), { id, workspaceId }, workspace?.outbox ?? []);
  if (!agreements) return refuse('NO_RECORDING');
  const { recording } = agreements;
  const startedAt = Math.min(input.startedAt, now());
  const isOver = workspace?.recording?.id !== id;
  if (!recordings.takesParts(recording) || (isOver && !wasOn(agreements, startedAt))) return refuse('NO_RECORDING');
  const consent = consentAt(agreements, attendee, startedAt);
  if (!consent) return refuse('NOT_ALLOWED', {}, NOT_AGREED);
  return { user: consent.user, name: consent.name, startedAt: Math.max(startedAt, recording.startedAt) };
}
