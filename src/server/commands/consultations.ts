import { recordsOf, viewOf } from './consultation-access.ts';
import type { Handler } from './handler.ts';

export const consultations: Handler<'consultations'> = async ({ services, user }, { status, before, limit }) => {
  const records = recordsOf(services);
  if ('refused' in records) return records;
  const isOpen = status === undefined ? undefined : status === 'open';
  const { items, next } = await records.consultations.page({ user: user.id, isOpen, before }, { limit });
  const shown = await Promise.all(items.map((each) => viewOf(services, records, each)));
  return { output: { consultations: shown, more: next !== null } };
};
