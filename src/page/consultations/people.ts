import type { ConsultationRecord, UserState } from '../../client/state.ts';
import { strings } from '../strings.ts';

/** What the page calls a consultation: its subject, or else with whom it is. @param self the id of the user */
export function subjectOf(consultation: ConsultationRecord, self: string | undefined): string {
  const { untitled, withName } = strings.consultations;
  if (consultation.subject !== '') return consultation.subject;
  const names = namesIn(consultation, self);
  return names === '' ? untitled : withName(names);
}

/** The names of the others in a consultation. @param self the id of the user */
export function namesIn(consultation: ConsultationRecord, self: string | undefined): string {
  return othersIn(consultation, self)
    .map(({ name }) => name)
    .join(', ');
}

/** The others in a consultation: its clients for the provider, and the provider for a client. */
export function othersIn(
  { provider, clients }: ConsultationRecord,
  self: string | undefined,
): { id: string; name: string }[] {
  return provider.id === self ? clients : [provider];
}

/** Whether a user closes it, and owns its workspace. */
export function isProvider({ provider }: ConsultationRecord, user: UserState | null): boolean {
  return user !== null && provider.id === user.id;
}
