import { expect } from 'vitest';
import { attend, createWorkspace, type Seat, type TestServer } from '../support/fixtures.ts';
import { forget } from './every-command.ts';

/** An owner, two guests, and nothing left to hear. */
export async function room(server: TestServer, options: { pin?: string } = {}) {
  const owner = await createWorkspace(server, options);
  const bob = await attend(server, owner, { ...options, name: 'Bob' });
  const eve = await attend(server, owner, { ...options, name: 'Eve' });
  await Promise.all([owner, bob, eve].map(({ client }) => client.settled()));
  forget(owner, bob, eve);
  return { owner, bob, eve };
}

/** Asserts that none of these people has heard anything. */
export async function silent(...seats: Seat[]): Promise<void> {
  for (const { client } of seats) {
    await client.settled();
    expect(client.heard).toEqual([]);
  }
}

/** The workspace of a seat, as the server has stored it. */
export function documentOf(server: TestServer, { proof }: Seat) {
  return server.services.store.get(proof.workspace.id);
}
