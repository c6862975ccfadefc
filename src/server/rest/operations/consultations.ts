import { nanoid } from 'nanoid';
import { z } from 'zod';
import { admission, plainText, text } from '../../../protocol/schemas.ts';
import type { ConsultationRecord } from '../../../protocol/types.ts';
import {
  closedView,
  enterConsultation,
  isClosed,
  viewOf,
  viewsOf,
  workspaceNameOf,
} from '../../commands/consultation-access.ts';
import type { Settings } from '../../config/settings.ts';
import { budgetOf } from '../../domain/call-time.ts';
import { CONSULTATION, openConsultation } from '../../domain/consultation.ts';
import { close } from '../../domain/hosting.ts';
import type { Consultation, Workspace } from '../../domain/workspace.ts';
import type { RecordedConsultation } from '../../records/consultations.ts';
import { messageRecord } from '../../workspaces/chat.ts';
import { changeWorkspace } from '../change.ts';
import { refusedClaim } from '../external-id.ts';
import { foreignId } from '../input.ts';
import { type Api, operation } from '../operation.ts';
import { listed, listOf, paging, partOf } from '../paging.ts';
import { isProblem, type Problem, problem, problemOf } from '../problem.ts';
import { userIdOf } from '../user-id.ts';
import { linkSchema } from '../views.ts';

const MOST_CLIENTS = 50;
const MOST_MINUTES = 60 * 24 * 30;

const params = z.object({ id: z.string() });
const time = z.number().int();
const person = z.object({ id: z.string(), name: z.string() });

const consultationSchema = z
  .object({
    id: z.string(),
    externalId: z.string().nullable(),
    subject: z.string(),
    status: z.enum(['open', 'closed']),
    workspace: z.string().nullable().meta({ description: 'The id of its workspace; null when it is closed.' }),
    provider: person,
    clients: z.array(person),
    openedAt: time,
    closedAt: time.nullable(),
    callSeconds: z.number().int().meta({ description: 'The connected time of all its calls.' }),
    call: z.object({ startedAt: time, connectedAt: time.nullable(), endsAt: time.nullable() }).nullable(),
  })
  .meta({ id: 'Consultation' });

const messageSchema = z
  .object({
    seq: z.number().int(),
    at: time,
    from: z.object({ id: z.string(), name: z.string(), user: z.object({ id: z.string() }).optional() }),
    messageId: z.string(),
    text: z.string(),
  })
  .meta({ id: 'Message' });

const answer = z.object({ consultation: consultationSchema });

const ONESELF = 'The provider is among the clients. Name the others alone.';

/** Clients, each once, by the name that comes first. */
const once = (clients: Consultation['clients']): Consultation['clients'] =>
  clients.filter(({ id }, index) => clients.findIndex((client) => client.id === id) === index);

/** The operations on consultations. */
export function consultationOperations(settings: Settings) {
  const name = text(settings.max_name_length);
  const user = z.strictObject({ id: foreignId(), name });

  return [
    operation({
      id: 'openConsultation',
      method: 'post',
      path: 'consultations',
      scope: 'write',
      about:
        'Opens a consultation of a provider with clients, who are invited at once or at their next sign-in. The same ' +
        'externalId again is the same consultation, with links of its own.',
      body: z.strictObject({
        externalId: foreignId(200).optional(),
        subject: plainText(200).optional(),
        provider: user,
        clients: z.array(user).max(MOST_CLIENTS).default([]),
        callMinutes: z.number().positive().max(MOST_MINUTES).optional(),
        admission: admission.default('open'),
      }),
      status: 201,
      answer: answer.extend({ invitation: linkSchema, owner: linkSchema }),
      problems: ['CONSULTATION_CLOSED', 'NO_SUCH_CONSULTATION', 'EXTERNAL_ID_TAKEN'],
      async handle(api, { body }, { newId }) {
        const { services, records, links } = api;
        if (!records.isUp) return problem('BUSY_TRY_AGAIN');
        const known = ({ id, name }: z.output<typeof user>) => ({ id: userIdOf(services, id), name });
        const provider = known(body.provider);
        const clients = once(body.clients.map(known));
        if (clients.some(({ id }) => id === provider.id))
          return problem('INVALID_PAYLOAD', { field: 'clients' }, ONESELF);
        const entered = await enterConsultation(
          services,
          records,
          {
            id: `${CONSULTATION}${nanoid()}`,
            externalId: body.externalId ?? null,
            subject: body.subject ?? '',
            provider,
            clients,
          },
          newId(),
        );
        if (entered === 'undecided' || 'takenBy' in entered) return refusedClaim(entered);
        if (entered.provider.id !== provider.id) return problem('NO_SUCH_CONSULTATION');
        if (await isClosed(services, entered)) return problem('CONSULTATION_CLOSED');
        const opened = () => services.store.get(entered.workspaceId);
        const created = (await opened()) ?? (await create(api, entered, body, newId()));
        // Another node may have been faster.
        const workspace = isProblem(created) ? ((await opened()) ?? created) : created;
        if (isProblem(workspace)) return workspace;
        return {
          body: {
            consultation: await shown(api, entered),
            invitation: links.invitation(workspace),
            owner: links.owner(workspace),
          },
          location: `consultations/${entered.id}`,
        };
      },
    }),

    operation({
      id: 'listConsultations',
      method: 'get',
      path: 'consultations',
      scope: 'read',
      about: 'Lists consultations, those first that were opened last.',
      query: z.object({ ...paging, status: z.enum(['open', 'closed']).optional(), externalId: foreignId().optional() }),
      status: 200,
      answer: listOf(consultationSchema),
      problems: [],
      async handle(api, { query }) {
        const part = partOf(query);
        if (isProblem(part)) return part;
        await api.commits.recorded();
        const { status, externalId } = query;
        const { consultations } = api.records;
        if (externalId !== undefined) {
          const found = await consultations.get({ externalId });
          return { body: listed({ items: await allShown(api, found ? [found] : [], status), next: null }) };
        }
        const isOpen = status === undefined ? undefined : status === 'open';
        const { items, next } = await consultations.page({ isOpen }, part);
        return { body: listed({ items: await allShown(api, items, status), next }) };
      },
    }),

    operation({
      id: 'getConsultation',
      method: 'get',
      path: 'consultations/{id}',
      scope: 'read',
      about: 'Shows a consultation.',
      params,
      status: 200,
      answer,
      problems: ['NO_SUCH_CONSULTATION'],
      async handle(api, { params: { id } }) {
        const found = await find(api, id);
        return isProblem(found) ? found : { body: { consultation: await shown(api, found) } };
      },
    }),

    operation({
      id: 'closeConsultation',
      method: 'post',
      path: 'consultations/{id}/close',
      scope: 'write',
      about: 'Closes a consultation and its workspace. Its chat and its times stay. One that is closed stays as it is.',
      params,
      status: 200,
      answer,
      problems: ['NO_SUCH_CONSULTATION'],
      async handle(api, { params: { id } }) {
        const found = await find(api, id);
        if (isProblem(found)) return found;
        if (found.closedAt === null) {
          const closed = await changeWorkspace(api, found.workspaceId, (workspace) => close(workspace));
          if (isProblem(closed) && closed.problem !== 'WORKSPACE_GONE') return closed;
          await api.commits.recorded();
        }
        return { body: { consultation: viewed(await closedView(api.services, api.records, found)) } };
      },
    }),

    operation({
      id: 'listConsultationMessages',
      method: 'get',
      path: 'consultations/{id}/messages',
      scope: 'read',
      about: 'Lists the chat of a consultation, the latest message first.',
      params,
      query: z.object(paging),
      status: 200,
      answer: listOf(messageSchema),
      problems: ['NO_SUCH_CONSULTATION'],
      async handle(api, { params: { id }, query }) {
        const part = partOf(query);
        if (isProblem(part)) return part;
        const found = await find(api, id);
        if (isProblem(found)) return found;
        // The place of a message in its chat is its position in the list.
        const before = part.after === null ? undefined : part.after.at;
        const page = await api.records.messages.page(found.workspaceId, { before, limit: part.limit });
        const items = page.messages.map(messageRecord).reverse();
        const last = items.at(-1);
        return { body: listed({ items, next: page.more && last ? { at: last.seq, id } : null }) };
      },
    }),
  ];
}

async function create(
  { services, commits }: Api,
  { workspaceId, openedAt, closedAt: _, callSeconds: __, ...consultation }: RecordedConsultation,
  { callMinutes, admission }: { callMinutes?: number | undefined; admission: Workspace['admission'] },
  ownerId: string,
): Promise<Workspace | Problem> {
  const { settings } = services.config;
  const { provider } = consultation satisfies Consultation;
  let created: Workspace | null = null;
  const change = openConsultation(
    {
      id: workspaceId,
      name: workspaceNameOf(consultation, settings),
      avatar: settings.default_workspace_avatar,
      admission,
      callBudgetMs: budgetOf(callMinutes),
      consultation,
    },
    { id: ownerId, name: provider.name, avatar: settings.default_attendee_avatar },
    { arrival: null, inviteToken: services.tokens.invite },
    openedAt,
  );
  const refusal = await commits.create(change, {
    as: null,
    reply: (workspace) => {
      created = workspace;
    },
  });
  if (refusal) return problemOf(refusal);
  if (!created) throw new Error('a consultation was opened without its document');
  return created;
}

async function find({ records }: Api, id: string): Promise<RecordedConsultation | Problem> {
  const found = id.includes('\0') ? null : await records.consultations.get({ id });
  return found ?? problem('NO_SUCH_CONSULTATION', {}, 'There is no consultation with this id.');
}

async function shown({ services, records }: Api, consultation: RecordedConsultation) {
  return viewed(await viewOf(services, records, consultation));
}

async function allShown(
  { services, records }: Api,
  consultations: readonly RecordedConsultation[],
  status: ConsultationRecord['status'] | undefined,
) {
  return (await viewsOf(services, records, consultations, status)).map(viewed);
}

function viewed({ provider, clients, ...rest }: ConsultationRecord) {
  const named = ({ id, name }: { id: string; name: string }) => ({ id, name });
  return { ...rest, provider: named(provider), clients: clients.map(named) };
}
