import { nanoid } from 'nanoid';
import { type Refusal, refuse } from '../../protocol/errors.ts';
import type { CommandInput } from '../../protocol/types.ts';
import { budgetOf } from '../domain/call-time.ts';
import { CONSULTATION, consultationRecord, openConsultation as open } from '../domain/consultation.ts';
import { reattend } from '../domain/seat.ts';
import { knockRecord, newWorkspaceRecord, recordOf } from '../domain/view.ts';
import type { Consultation, Workspace } from '../domain/workspace.ts';
import type { RecordedConsultation } from '../records/consultations.ts';
import type { Records } from '../records/records.ts';
import type { Services } from '../services.ts';
import { userRoom } from '../transport/user-rooms.ts';
import type { SignedInUser } from '../users/user.ts';
import { anonymous, arrivalOf, iceServersFor, newId, profileOf } from './arrival.ts';
import { enterConsultation, isClosed, recordsOf, workspaceNameOf } from './consultation-access.ts';
import type { CodesOf, Creation, Handler, Plan, UserContext } from './handler.ts';

type Input = CommandInput<'open-consultation'>;

const NO_PROVIDER = 'Your account may not open consultations.';
const TAKEN = 'A workspace has this externalId. Close that one first, or use another externalId.';
const ONESELF = 'A consultation needs somebody else. Name a client who is not you.';
const ANOTHER = 'Your sign-in is good for one consultation alone.';

export const openConsultation: Handler<'open-consultation'> = async (context, input) => {
  const { services, user } = context;
  const records = recordsOf(services);
  if ('refused' in records) return records;
  const refused = await refuseProvider(context, records, input);
  if (refused) return refused;
  const clients = await clientsOf(context, records, input.clients);
  if ('refused' in clients) return clients;

  const entered = await enterConsultation(
    services,
    records,
    {
      id: `${CONSULTATION}${nanoid()}`,
      externalId: input.externalId ?? null,
      subject: input.subject,
      provider: { id: user.id, name: user.name },
      clients,
    },
    newId(services.config.settings),
  );
  if (entered === 'undecided') return refuse('BUSY_TRY_AGAIN');
  if ('takenBy' in entered) return refuse('NOT_ALLOWED', {}, TAKEN);
  if (entered.provider.id !== user.id) return refuse('NO_SUCH_CONSULTATION');
  if (await isClosed(services, entered)) return refuse('CONSULTATION_CLOSED');
  const workspace = await services.store.get(entered.workspaceId);
  return workspace ? enter(context, input, workspace) : create(context, input, entered);
};

/** Somebody who may open no consultation, or none at present. */
async function refuseProvider({ services, user }: UserContext, records: Records, input: Input) {
  const isProvider = services.config.users?.kind === 'open' || user.role === 'owner';
  if (!isProvider) return refuse('NOT_ALLOWED', {}, NO_PROVIDER);
  return (await refuseOther(records, user, input)) ?? (await services.limitCreates(userRoom(user.id)));
}

/** A user whom the host system signed in for one consultation opens no other. */
async function refuseOther(
  records: Records,
  { workspace }: SignedInUser,
  { externalId }: Input,
): Promise<Refusal<'NOT_ALLOWED'> | null> {
  if (workspace === null) return null;
  const own = externalId === undefined ? null : await records.consultations.get({ externalId });
  return own?.workspaceId === workspace ? null : refuse('NOT_ALLOWED', {}, ANOTHER);
}

/** The clients by the names that are known. None of them is the provider. */
async function clientsOf(
  { services: { users }, user }: UserContext,
  records: Records,
  given: Input['clients'],
): Promise<Consultation['clients'] | Refusal<CodesOf<'open-consultation'>>> {
  const clients = new Map<string, Consultation['clients'][number]>();
  for (const [place, { id: wanted }] of given.entries()) {
    const id = users?.idOf(wanted) ?? wanted;
    if (clients.has(id)) continue;
    if (id === user.id) return refuse('INVALID_PAYLOAD', { field: 'clients' }, ONESELF);
    if (!(await users?.exists(id))) return refuse('NO_SUCH_USER', { field: `clients.${place}.id` });
    clients.set(id, { id, name: (await records.users.get(id))?.name ?? id });
  }
  return [...clients.values()];
}

/** A new consultation, or one whose workspace a dying server did not get to create. */
async function create(
  context: UserContext,
  input: Input,
  { workspaceId, openedAt, closedAt: _, callSeconds: __, ...consultation }: RecordedConsultation,
): Promise<Creation<'open-consultation'>> {
  const { services, user } = context;
  const { settings } = services.config;
  const owner = profileOf(newId(settings), {}, anonymous(settings), user);
  return {
    workspace: workspaceId,
    seats: owner.id,
    iceServers: await iceServersFor(services, owner.id),
    creates: () =>
      open(
        {
          id: workspaceId,
          name: workspaceNameOf(consultation, settings),
          avatar: settings.default_workspace_avatar,
          admission: input.admission,
          callBudgetMs: budgetOf(input.callMinutes),
          consultation,
        },
        owner,
        { arrival: arrivalOf(context, owner, input.session ?? null), inviteToken: services.tokens.invite },
        openedAt,
      ),
    output: (workspace) => granted(services, workspace, owner.id, input.nonce),
  };
}

/** The owner's place in a consultation that is open already. */
async function enter(context: UserContext, input: Input, { id, owner }: Workspace): Promise<Plan<'open-consultation'>> {
  const { services, user } = context;
  return {
    workspace: id,
    seats: owner.id,
    iceServers: await iceServersFor(services, owner.id),
    decide: (workspace, now) => {
      const profile = profileOf(owner.id, {}, workspace.owner, user);
      const change = reattend(workspace, arrivalOf(context, profile, input.session ?? null), now);
      return 'refused' in change ? refuse('BUSY_TRY_AGAIN') : change;
    },
    output: (workspace) => granted(services, workspace, owner.id, input.nonce),
  };
}

function granted({ tokens, now }: Services, workspace: Workspace, ownerId: string, nonce: string) {
  const { consultation } = workspace;
  if (!consultation) throw new Error('the workspace is that of a consultation');
  const present = now();
  return {
    workspace: { ...newWorkspaceRecord(workspace), token: tokens.invitation(workspace, present) },
    attendee: recordOf(workspace, ownerId),
    accessToken: tokens.access(workspace.id, ownerId, present),
    nonce,
    consultation: consultationRecord(workspace, consultation, present),
    waiting: workspace.waiting.map(knockRecord),
    serverNow: present,
  };
}
