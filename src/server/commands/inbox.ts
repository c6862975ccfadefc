import { itemRecord } from '../users/inbox-item.ts';
import type { Handler } from './handler.ts';

export const inbox: Handler<'inbox'> = async ({ services: { records }, user, commits }, { before, limit }) => {
  if (!records) return { output: { inbox: [], more: false } };
  await commits.recorded();
  const { items, more } = await records.inboxes.page(user.id, { ...(before === undefined ? {} : { before }), limit });
  return { output: { inbox: items.map(itemRecord), more } };
};
