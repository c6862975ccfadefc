import { ofUser, recordsOf, viewOf } from './consultation-access.ts';
import type { Handler } from './handler.ts';

export const consultation: Handler<'consultation'> = async ({ services, user }, input) => {
  const records = recordsOf(services);
  if ('refused' in records) return records;
  const { consultation: wanted, externalId = '' } = input;
  const own = ofUser(await records.consultations.get(wanted ?? { externalId }), user);
  if ('refused' in own) return own;
  return { output: { consultation: await viewOf(services, records, own), serverNow: services.now() } };
};
