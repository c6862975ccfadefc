import { recordsOf, viewsOf } from './consultation-access.ts';
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
  const views = await viewsOf(services, records, items, status);
  return { output: { consultations: views, more: next !== null, serverNow: services.now() } };
};
