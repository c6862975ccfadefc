import { type Refusal, refuse } from '../../protocol/errors.ts';
import type { CommandInput } from '../../protocol/types.ts';
import { messageRecord } from '../workspaces/chat.ts';
import { authenticate } from './authenticate.ts';
import { ofUser, recordsOf } from './consultation-access.ts';
import type { CodesOf, Context, Handler } from './handler.ts';
import { NO_CHAT } from './message.ts';

type Input = CommandInput<'messages'>;
type Codes = CodesOf<'messages'>;

const WHICH_CHAT = 'Name a workspace with your access token, or a consultation.';

export const messages: Handler<'messages'> = async (context, input) => {
  const { chat } = context;
  const workspace = await (input.consultation
    ? ofConsultation(context, input.consultation.id)
    : ofSeat(context, input));
  if (typeof workspace !== 'string') return workspace;
  if (!chat) return refuse('NOT_ALLOWED', {}, NO_CHAT);
  const { before, after, limit } = input;
  const page = await chat.read(workspace, { before, after, limit });
  return { output: { messages: page.messages.map(messageRecord), more: page.more } };
};

/** The workspace in which the sender has a seat. */
async function ofSeat(context: Context, { workspace, attendee, accessToken }: Input): Promise<string | Refusal<Codes>> {
  if (!workspace || accessToken === undefined) return refuse('INVALID_PAYLOAD', { field: 'accessToken' }, WHICH_CHAT);
  const proof = { workspace, accessToken, ...(attendee ? { attendee } : {}) };
  const sender = authenticate(context.connection, proof, context.services);
  if ('refused' in sender) return sender;
  return (await context.enter(sender)) ?? sender.workspace;
}

/** The workspace of a consultation of the user, also when it is over. */
async function ofConsultation({ services, user }: Context, id: string): Promise<string | Refusal<Codes>> {
  if (!user) return refuse('NOT_SIGNED_IN');
  const records = recordsOf(services);
  if ('refused' in records) return records;
  const own = ofUser(await records.consultations.get({ id }), user);
  return 'refused' in own ? own : own.workspaceId;
}
