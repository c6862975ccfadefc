import type { ConsultationRecord } from '../../protocol/types.ts';
import { usedMs } from './call-time.ts';
import type { Change, UserEffect } from './change.ts';
import type { EventData } from './events.ts';
import { type Arrival, blank, seated } from './seat.ts';
import { callRecord, inviteRecord } from './view.ts';
import type { Consultation, Invite, Profile, Workspace } from './workspace.ts';

/** What the id of a consultation begins with. */
export const CONSULTATION = 'cons_';

/** What a new consultation needs: its workspace, and where its provider sits; null where the provider has not come yet. */
interface Opening {
  readonly arrival: Arrival | null;
  /** Makes the token of an invite. */
  inviteToken(workspaceId: string, inviteId: string): string;
}

type Given = Pick<Workspace, 'id' | 'name' | 'avatar' | 'admission' | 'callBudgetMs'> & {
  readonly consultation: Consultation;
};

/**
 * Opens a consultation: its workspace, which the provider owns, with an invite for each client that is open until the
 * consultation is closed.
 * @param openedAt ms since the epoch
 */
export function openConsultation(
  given: Given,
  owner: Profile,
  { arrival, inviteToken }: Opening,
  openedAt: number,
): Change {
  const { consultation } = given;
  const { provider, clients } = consultation;
  const from = { id: owner.id, name: owner.name, user: provider.id };
  const invites = clients.map(
    (client, index): Invite => ({
      // The consultation has one invite for each client, so nobody need draw ids for them.
      id: `_${consultation.id.slice(CONSULTATION.length)}-${index}`,
      user: client.id,
      from,
      ring: false,
      media: 'video',
      until: null,
      call: null,
      consultation: consultation.id,
    }),
  );
  const next: Workspace = {
    ...blank,
    ...given,
    externalId: consultation.externalId,
    pinHash: null,
    owner,
    ownerUser: provider.id,
    used: true,
    created: openedAt,
    touched: openedAt,
    attendees: arrival ? [seated(arrival)] : [],
    invites,
  };
  const userEffects = invites.map((invite): UserEffect => {
    return {
      toUsers: [invite.user],
      notice: 'invited',
      payload: inviteRecord(next, invite, inviteToken(next.id, invite.id)),
    };
  });
  return { next, effects: [], ended: [], userEffects };
}

/** The users whom a consultation concerns: its provider, and its clients. */
function usersOfConsultation({ provider, clients }: Consultation): string[] {
  return [provider.id, ...clients.map(({ id }) => id)];
}

/** An open consultation, as its users see it. @param now ms since the epoch */
export function consultationRecord(workspace: Workspace, consultation: Consultation, now: number): ConsultationRecord {
  const { closed, call } = workspace;
  return {
    ...consultation,
    provider: { ...consultation.provider },
    clients: consultation.clients.map((client) => ({ ...client })),
    status: closed === null ? 'open' : 'closed',
    workspace: closed === null ? workspace.id : null,
    openedAt: workspace.created,
    closedAt: closed,
    callSeconds: Math.round(usedMs(workspace, now) / 1000),
    call: call && callRecord(call),
  };
}

/** The consultation of a workspace that ends now, as its users see it. */
export function closedRecord(workspace: Workspace, consultation: Consultation, now: number): ConsultationRecord {
  const record = consultationRecord(workspace, consultation, now);
  return { ...record, status: 'closed', workspace: null, closedAt: now, call: null };
}

/** What the users of a consultation hear when its workspace ends, however it ends. */
export function closedConsultation(workspace: Workspace, now: number): UserEffect[] {
  const { consultation } = workspace;
  if (consultation === null) return [];
  const payload = { consultation: closedRecord(workspace, consultation, now) };
  return [{ toUsers: usersOfConsultation(consultation), notice: 'consultation-closed', payload }];
}

/** The consultation as the event of its opening or its end has it: ids alone, no names. */
export function consultationEvent(
  { consultation, created }: Workspace,
  callSeconds: number,
  closedAt: number | null,
): EventData['consultation.opened'] | null {
  if (consultation === null) return null;
  const { id, externalId, provider, clients } = consultation;
  return {
    consultation: {
      id,
      externalId,
      provider: { id: provider.id },
      clients: clients.map((client) => ({ id: client.id })),
      openedAt: created,
      closedAt,
      callSeconds,
    },
  };
}
