import { expect } from 'vitest';
import { attend, candidate, createWorkspace, type Owner, type Seat } from '../support/fixtures.ts';
import type { ListeningServer } from './serve.ts';

/** An owner and a guest in a workspace of their own, while a test attacks their server. */
interface ControlGroup {
  /** Checks that they got no notice, that relays reach them, and that the server wrote nothing to stderr. */
  expectUnaffected(): Promise<void>;
}

export async function controlGroup(server: ListeningServer): Promise<ControlGroup> {
  const owner = await createWorkspace(server, { pin: 'pin-8642', name: 'Calm' });
  const guest = await attend(server, owner, { pin: 'pin-8642', name: 'Calm too' });
  return {
    async expectUnaffected() {
      expect([owner, guest].flatMap(({ client }) => client.heard)).toEqual([]);
      await relay(owner, guest);
      await relay(guest, owner);
      expect(server.output.stderr).toBe('');
    },
  };
}

async function relay(from: Owner | Seat, to: Owner | Seat): Promise<void> {
  await from.client.must('icecandidate', { ...from.to(to), candidate });
  expect(await to.client.notice('icecandidate')).toMatchObject({ broadcaster: { id: from.id }, candidate });
}
