import { refuse } from '../../protocol/errors.ts';
import { closedRecord } from '../domain/consultation.ts';
import { close } from '../domain/hosting.ts';
import { closedView, ofUser, recordsOf } from './consultation-access.ts';
import type { Handler } from './handler.ts';

const PROVIDER_ONLY = 'Only the provider of the consultation can close it.';

export const closeConsultation: Handler<'close-consultation'> = async ({ services, user }, input) => {
  const records = recordsOf(services);
  if ('refused' in records) return records;
  const own = ofUser(await records.consultations.get(input.consultation), user);
  if ('refused' in own) return own;
  if (own.provider.id !== user.id) return refuse('NOT_ALLOWED', {}, PROVIDER_ONLY);
  if (own.closedAt !== null || !(await services.store.get(own.workspaceId))) {
    return { output: { consultation: await closedView(services, records, own), serverNow: services.now() } };
  }
  let closedAt = 0;
  return {
    workspace: own.workspaceId,
    isRecorded: true,
    decide: (workspace, now) => {
      closedAt = now;
      return close(workspace, 'destroyed');
    },
    output: (workspace) => ({
      consultation: closedRecord(workspace, workspace.consultation ?? own, closedAt),
      serverNow: services.now(),
    }),
  };
};
