import { setTimeout as sleep } from 'node:timers/promises';
import { isRefusal, type Refusal, refuse } from '../../protocol/errors.ts';
import type { CommandInput } from '../../protocol/types.ts';
import type { RecordingFilter, RecordingRecord } from '../records/recordings.ts';
import type { Records } from '../records/records.ts';
import type { Services } from '../services.ts';
import { authenticate, ofThatSeat, type Proof } from './authenticate.ts';
import { ofUser } from './consultation-access.ts';
import type { CodesOf, Context } from './handler.ts';

/** Recordings in one answer: the latest ones. */
const MOST = 50;

/** So often a workspace is looked at whose end is on its way to the records, with this pause between, ms. */
const LOOKS = 5;
const LOOK_AGAIN_MS = 50;

const WHOSE = 'Name a workspace with your access token, or, signed in, a workspace or a consultation.';

type Input = CommandInput<'recordings'>;

/** Recordings of one workspace whose owner asks for them, those first that began last. */
interface Owned {
  readonly workspace: string;
  readonly recordings: readonly RecordingRecord[];
}

type Answer = Promise<Owned | Refusal<CodesOf<'recordings'>>>;

/**
 * The recordings that the sender may have: as the owner who holds the seat, as the owner who held it when the workspace ended, or
 * as the user who owned the workspace.
 * @throws StoreError
 */
export async function ownedRecordings(context: Context, records: Records, input: Input): Answer {
  const { workspace, attendee, accessToken, consultation } = input;
  if (consultation) return ofConsultation(context, records, consultation.id);
  if (!workspace) return refuse('INVALID_PAYLOAD', { field: 'workspace' }, WHOSE);
  if (accessToken === undefined) return ofOwner(context, records, workspace.id);
  return ofSeat(context, records, { workspace, accessToken, ...(attendee ? { attendee } : {}) });
}

async function ofConsultation(context: Context, records: Records, id: string): Answer {
  if (!context.user) return refuse('NOT_SIGNED_IN');
  const own = ofUser(await records.consultations.get({ id }), context.user);
  return isRefusal(own) ? own : ofOwner(context, records, own.workspaceId);
}

/** Of a workspace that the user owned when they were made. */
async function ofOwner(context: Context, records: Records, workspaceId: string): Answer {
  if (!context.user) return refuse('NOT_SIGNED_IN');
  await handedOn(context.services, workspaceId);
  const found = await latest(context, records, { workspaceId, ownerUser: context.user.id });
  return found.recordings.length > 0 ? found : refuse('NO_RECORDING');
}

/** Of the workspace of a seat that its access token proves. It takes no seat: another page may hold it. */
async function ofSeat(context: Context, records: Records, proof: Proof): Answer {
  const { connection, services } = context;
  const { store, tokens, recordings, now } = services;
  const sender = authenticate(connection, proof, services);
  const workspace = isRefusal(sender) ? null : await store.get(sender.workspace);
  if (!isRefusal(sender) && workspace) {
    // Everybody else is refused before anything is read: how long that takes must not tell what there is.
    if (workspace.owner.id !== sender.attendee) return refuse('OWNER_ONLY');
    return latest(context, records, { workspaceId: workspace.id });
  }
  const refusal = isRefusal(sender) ? sender : refuse('WORKSPACE_GONE');
  const claims = tokens.readAccess(proof.accessToken, now() - (recordings?.uploadMs ?? 0));
  const former = isRefusal(claims) ? claims : ofThatSeat(claims, proof);
  if (isRefusal(former) || (await store.get(former.workspace))) return refusal;
  await handedOn(services, former.workspace);
  const found = await latest(context, records, { workspaceId: former.workspace, ownerAttendee: former.attendee });
  return found.recordings.length > 0 ? found : refusal;
}

/** Waits until the records have the last events of a workspace that another node has closed, but not for long. */
async function handedOn({ store }: Services, workspaceId: string): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    const workspace = await store.read(workspaceId);
    if (!workspace || workspace.closed === null || workspace.outbox.length === 0) return;
    await sleep(LOOK_AGAIN_MS);
  }
}

async function latest(
  { commits }: Context,
  records: Records,
  filter: RecordingFilter & { workspaceId: string },
): Promise<Owned> {
  await commits.recorded();
  const { items } = await records.recordings.page(filter, { limit: MOST });
  return { workspace: filter.workspaceId, recordings: items };
}
