import { setTimeout as sleep } from 'node:timers/promises';
import { type Refusal, refuse } from '../../protocol/errors.ts';
import { withoutBrackets } from '../../protocol/schemas.ts';
import type { ConsultationRecord } from '../../protocol/types.ts';
import type { Settings } from '../config/settings.ts';
import { consultationRecord } from '../domain/consultation.ts';
import type { Consultation } from '../domain/workspace.ts';
import type { RecordedConsultation } from '../records/consultations.ts';
import type { Records } from '../records/records.ts';
import type { Services } from '../services.ts';
import type { SignedInUser } from '../users/user.ts';
import { type Claimed, contestExternalId } from '../workspaces/external-id.ts';

// What the commands about consultations share.

/** So often a consultation is looked at whose end is on its way to the records, with this pause between, ms. */
const LOOKS = 5;
const LOOK_AGAIN_MS = 50;

const NO_CONSULTATIONS = 'This server keeps no consultations: its operator has not set DATABASE_URL.';

export function recordsOf({ records }: Services): Records | Refusal<'NOT_ALLOWED'> {
  return records ?? refuse('NOT_ALLOWED', {}, NO_CONSULTATIONS);
}

/** The name of the workspace of a consultation. */
export function workspaceNameOf(
  { subject }: Pick<Consultation, 'subject'>,
  { untitled_workspace }: Pick<Settings, 'untitled_workspace'>,
): string {
  return withoutBrackets(subject) || untitled_workspace;
}

/**
 * Enters a consultation that is about to begin.
 * @param workspaceId for its workspace, if it is new
 * @returns the consultation that has its `externalId` now; or what stands in the way, and then nothing is entered
 * @throws StoreError
 */
export async function enterConsultation(
  services: Pick<Services, 'store' | 'now'>,
  records: Records,
  consultation: Consultation,
  workspaceId: string,
): Promise<RecordedConsultation | Exclude<Claimed, 'claimed'>> {
  const entered = await records.consultations.enter(consultation, workspaceId, services.now());
  if ('provider' in entered) return entered;
  const claimed = await contestExternalId(services, records, entered, workspaceId);
  return claimed === 'claimed' ? enterConsultation(services, records, consultation, workspaceId) : claimed;
}

/**
 * Consultations as their lists show them.
 * @param status leaves out those that have another one by now: another node may just have closed them
 * @throws StoreError
 */
export async function viewsOf(
  services: Pick<Services, 'store' | 'now'>,
  records: Records,
  consultations: readonly RecordedConsultation[],
  status: ConsultationRecord['status'] | undefined,
): Promise<ConsultationRecord[]> {
  const views = await Promise.all(consultations.map((each) => viewOf(services, records, each)));
  return views.filter((view) => status === undefined || view.status === status);
}

/** A consultation of a user. Somebody else's is none. */
export function ofUser(
  consultation: RecordedConsultation | null,
  { id }: Pick<SignedInUser, 'id'>,
): RecordedConsultation | Refusal<'NO_SUCH_CONSULTATION'> {
  const isOwn = consultation && [consultation.provider, ...consultation.clients].some((user) => user.id === id);
  return isOwn ? consultation : refuse('NO_SUCH_CONSULTATION');
}

/** Whether a consultation is closed. Its workspace says so a moment before the records do. @throws StoreError */
export async function isClosed(
  { store }: Pick<Services, 'store'>,
  { closedAt, workspaceId }: RecordedConsultation,
): Promise<boolean> {
  if (closedAt !== null) return true;
  const workspace = await store.read(workspaceId);
  return workspace !== null && workspace.closed !== null;
}

/**
 * A consultation whose workspace is gone. Where the records do not hear of its end, as with a store in memory whose process
 * has died, it is closed now.
 * @throws StoreError
 */
export async function closedView(
  services: Pick<Services, 'store' | 'now'>,
  records: Records,
  consultation: RecordedConsultation,
): Promise<ConsultationRecord> {
  const view = await viewOf(services, records, consultation);
  if (view.status === 'closed') return view;
  await records.consultations.close(consultation.id, services.now());
  return viewOf(services, records, consultation);
}

/**
 * A consultation as it is now: as its workspace has it while it is open, and as the records have it afterwards. The records
 * hear of its end a moment later.
 * @throws StoreError
 */
export async function viewOf(
  { store, now }: Pick<Services, 'store' | 'now'>,
  records: Records,
  consultation: RecordedConsultation,
): Promise<ConsultationRecord> {
  let recorded = consultation;
  for (let look = 0; recorded.closedAt === null && look < LOOKS; look += 1) {
    const workspace = await store.read(recorded.workspaceId);
    if (workspace?.consultation) return consultationRecord(workspace, workspace.consultation, now());
    if (look > 0) await sleep(LOOK_AGAIN_MS);
    recorded = (await records.consultations.get({ id: recorded.id })) ?? recorded;
  }
  const { id, externalId, subject, provider, clients, openedAt, closedAt, callSeconds } = recorded;
  const status = closedAt === null ? 'open' : 'closed';
  return {
    id,
    externalId,
    subject,
    status,
    workspace: null,
    provider: { ...provider },
    clients: clients.map((client) => ({ ...client })),
    openedAt,
    closedAt,
    callSeconds: Math.round(callSeconds),
    call: null,
  };
}
