import { recordsOf, viewOf } from './consultation-access.ts';
import type { Handler } from './handler.ts';

export const consultations: Handler<'consultations'> = async (
  { services, user, commits },
  { status, before, limit },
) => {
  const records = recordsOf(services);
  if ('refused' in records) return records;
  await commits.recorded();
  const isOpen = status === undefined ? undefined : status === 'open';
  const { items, next } = await records.consultations.page({ user: user.id, isOpen, before }, { limit });
  const shown = await Promise.all(items.map((each) => viewOf(services, records, each)));
  // Those that another node has just closed are in no list of open ones.
  const fitting = shown.filter((each) => status === undefined || each.status === status);
  return { output: { consultations: fitting, more: next !== null } };
};
