import type { InboxItemRecord } from '../../protocol/types.ts';
import type { InboxItem } from '../records/inbox-projection.ts';

/** An item of an inbox as its user sees it. */
export function itemRecord({ from, call, ...item }: InboxItem): InboxItemRecord {
  return {
    ...item,
    ...(from ? { from: { id: from.id, name: from.name, ...(from.user ? { user: from.user } : {}) } } : {}),
    ...(call ? { call } : {}),
  };
}
