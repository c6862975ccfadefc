import type { Handler } from './handler.ts';

export const inboxSeen: Handler<'inbox-seen'> = async ({ services: { records }, delivery, user, via }, { upTo }) => {
  await records?.inboxes.markSeen(user.id, upTo);
  return {
    output: {},
    afterReply: () =>
      delivery.notifyUsers([{ toUsers: [user.id], except: via.connection, notice: 'inbox-seen', payload: { upTo } }]),
  };
};
