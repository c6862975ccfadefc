import type { NoticePayload } from '../../src/protocol/types.ts';
import type { Client, Owner, Reachable, Seat } from '../support/fixtures.ts';

/** Somebody in a waiting room. */
export interface Waiting {
  client: Client;
  id: string;
  place: number;
}

interface KnockOptions {
  name?: string;
  pin?: string;
  session?: string;
  client?: Client;
}

function attempt({ token }: Pick<Owner, 'token'>, { name = 'Guest', pin, session }: KnockOptions) {
  return {
    workspace: { token, ...(pin === undefined ? {} : { pin }) },
    attendee: { name },
    ...(session === undefined ? {} : { session }),
  };
}

/** Attends. @returns the answer, whatever it is */
export async function tryToAttend(server: Reachable, owner: Pick<Owner, 'token'>, options: KnockOptions = {}) {
  const client = options.client ?? (await server.connect());
  const answer = await client.ask('attend', attempt(owner, options));
  return { client, answer };
}

/** Attends where the owner admits newcomers, and gets a place. */
export async function knock(
  server: Reachable,
  owner: Pick<Owner, 'token'>,
  options: KnockOptions = {},
): Promise<Waiting> {
  const { client, answer } = await tryToAttend(server, owner, options);
  const { waiting } = answer as unknown as { waiting: NoticePayload<'waiting'> };
  if (!waiting) throw new Error(`There is no place in the answer: ${JSON.stringify(answer)}`);
  return { client, id: waiting.id, place: waiting.place };
}

/** The seat that somebody who waits gets, with the notices of it. */
export async function seatOf({ client }: Waiting): Promise<Seat & { granted: NoticePayload<'attendance-granted'> }> {
  const granted = await client.notice('attendance-granted');
  await client.notice('iceservers');
  const { workspace, attendee, accessToken } = granted;
  const proof = { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
  return {
    client,
    id: attendee.id,
    accessToken,
    proof,
    to: (target) => ({
      workspace: { id: workspace.id },
      attendee: { id: target.id },
      broadcaster: { id: attendee.id },
      accessToken,
    }),
    granted,
  };
}

/** Admits somebody, and takes the notice off the owner's list. */
export async function admit(owner: Seat, { id }: Pick<Waiting, 'id'>): Promise<void> {
  await owner.client.must('admit', { ...owner.proof, waiting: { id } });
}

/** Everybody who waits, as the owner who comes back is told. */
export async function listOf(owner: Seat): Promise<string[]> {
  const { waiting } = await owner.client.must('re-attend', owner.proof);
  return (waiting ?? []).map(({ id }) => id);
}
