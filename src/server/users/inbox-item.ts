import type { InboxItemRecord } from '../../protocol/types.ts';
import type { InboxItem } from '../records/inbox-projection.ts';

/** An item of an inbox as its user sees it. */
export function itemRecord({ from, call, ...item }: InboxItem): InboxItemRecord {
  return {
    ...item,
    ...(from ? { from: fromRecord(from) } : {}),
    ...(call ? { call } : {}),
  };
}

function fromRecord({ id, name, user }: NonNullable<InboxItem['from']>): NonNullable<InboxItemRecord['from']> {
  return { ...(id === undefined ? {} : { id }), name, ...(user ? { user } : {}) };
}
