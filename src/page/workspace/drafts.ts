import type { ClientState } from '../../client/state.ts';

/** What people have begun to write, by user and workspace: it outlives the panel, the call, and a call elsewhere. */
const drafts = new Map<string, string>();

const keyOf = ({ user, seat }: Pick<ClientState, 'user' | 'seat'>) =>
  JSON.stringify([user?.id ?? '', seat?.workspace.id ?? '']);

/** What the person has begun to write in the workspace of the seat; '' where that is nothing. */
export function draftIn(state: Pick<ClientState, 'user' | 'seat'>): string {
  return drafts.get(keyOf(state)) ?? '';
}

/** Keeps what the person has begun to write. @param text '' once it is sent */
export function keepDraft(state: Pick<ClientState, 'user' | 'seat'>, text: string): void {
  if (text === '') drafts.delete(keyOf(state));
  else drafts.set(keyOf(state), text);
}
