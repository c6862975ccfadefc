import { refuse } from '../../protocol/errors.ts';
import { find } from '../domain/change.ts';
import type { Services } from '../services.ts';
import type { Handler } from './handler.ts';

export const NO_CHAT = 'This server has no chat: its operator has not set DATABASE_URL.';

/** The workspace of a consultation that is closed is gone, but its chat can still be read. @throws StoreError */
async function gone({ records }: Services, workspaceId: string) {
  const consultation = await records?.consultations.get({ workspaceId });
  return refuse(consultation ? 'CONSULTATION_CLOSED' : 'WORKSPACE_GONE');
}

export const message: Handler<'message'> = async ({ services, sender, chat, enter }, { messageId, text }) => {
  const refusal = await enter(sender);
  if (refusal) return refusal.refused === 'WORKSPACE_GONE' ? gone(services, sender.workspace) : refusal;
  if (!chat) return refuse('NOT_ALLOWED', {}, NO_CHAT);
  const workspace = await services.store.get(sender.workspace);
  if (!workspace) return gone(services, sender.workspace);
  const attendee = find(workspace, sender.attendee);
  if (!attendee) return refuse('NOT_SEATED');
  const { seq, at } = await chat.post({
    workspace: workspace.id,
    consultation: workspace.consultation?.id ?? null,
    messageId,
    attendee: attendee.id,
    user: attendee.user,
    name: attendee.name,
    text,
    at: services.now(),
  });
  return { output: { seq, at } };
};
