import { setTimeout as sleep } from 'node:timers/promises';
import { isRefusal, type Refusal, refuse } from '../../protocol/errors.ts';
import type { CommandInput, CommandOutput } from '../../protocol/types.ts';
import type { Claims } from '../auth/tokens.ts';
import { allAgreements, consentAt, presentConsent, wasOn } from '../recordings/agreement.ts';
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
  const permit = await permitOf(services, recordings, commits, { workspaceId, attendee, input });
  if (isRefusal(permit)) return permit;
  const { recording, part, mimeType, source } = input;
  const begin = () => recordings.begin({ recordingId: recording.id, attendee, part, mimeType, source, ...permit });
  let upload = await begin();
  // The records hear of a new recording from another node a moment after it is there.
  for (let look = 0; look < LOOKS && upload === 'unknown'; look += 1) upload = await sleep(LOOK_AGAIN_MS).then(begin);
  if (upload === 'unknown') return refuse('BUSY_TRY_AGAIN');
  if (upload === 'full') return refuse('NOT_ALLOWED', {}, TOO_MANY);
  return {
    uploadUrl: `uploads/${upload.id}`,
    uploadToken: services.tokens.upload(upload.id, services.now() + recordings.uploadMs),
  };
}

/**
 * By what was said about being recorded when the part began. Somebody who agrees now is taken from that moment on, should the
 * browser say that the part is older: its clock may be wrong.
 */
async function permitOf(
  { store, now }: Services,
  recordings: Recordings,
  commits: Commits,
  { workspaceId, attendee, input }: { workspaceId: string; attendee: string; input: PartInput },
): Promise<Permit | PermitRefusal> {
  const { id } = input.recording;
  await commits.recorded();
  // Events of other nodes go from the document into the records: a reader of the document first misses none.
  const workspace = await store.read(workspaceId);
  const isOn = workspace?.recording?.id === id;
  const agreements = allAgreements(await recordings.agreements(id), { id, workspaceId }, workspace?.outbox ?? []);
  if (!agreements || !recordings.takesParts(agreements.recording)) return refuse('NO_RECORDING');
  const claimed = Math.min(input.startedAt, now());
  if (!isOn && !wasOn(agreements, claimed)) return refuse('NO_RECORDING');
  const present = isOn ? presentConsent(agreements, attendee) : null;
  const consent = consentAt(agreements, attendee, claimed) ?? present;
  if (!consent) return refuse('NOT_ALLOWED', {}, NOT_AGREED);
  const startedAt = Math.max(claimed, agreements.recording.startedAt, consent.at);
  return { user: consent.user, name: consent.name, startedAt };
}
