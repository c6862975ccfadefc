import { expect } from 'vitest';
import { attend, candidate, createWorkspace, type Owner, type Seat } from '../support/fixtures.ts';
import type { Served } from './served.ts';

/** People in a workspace of their own, beside whom somebody means harm. */
export interface Bystanders {
  /** They have heard nothing, and reach each other as ever; and the server has not complained. */
  areCalm(): Promise<void>;
}

export async function bystanders(server: Served): Promise<Bystanders> {
  const owner = await createWorkspace(server, { pin: 'pin-8642', name: 'Calm' });
  const guest = await attend(server, owner, { pin: 'pin-8642', name: 'Calm too' });
  return {
    async areCalm() {
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
