import type { ConsultationRecord, UserState } from '../../client/state.ts';
import { strings } from '../strings.ts';

/** What the page calls a consultation. */
export function subjectOf({ subject }: Pick<ConsultationRecord, 'subject'>): string {
  return subject === '' ? strings.consultations.untitled : subject;
}

/** The others in a consultation: its clients for the provider, and the provider for a client. */
export function othersIn({ provider, clients }: ConsultationRecord, self: string): { id: string; name: string }[] {
  return provider.id === self ? clients : [provider];
}

/** Whether a user closes it, and owns its workspace. */
export function isProvider({ provider }: ConsultationRecord, user: UserState | null): boolean {
  return user !== null && provider.id === user.id;
}
