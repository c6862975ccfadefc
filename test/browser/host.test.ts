import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { newSecret } from '../../src/server/webhooks/signature.ts';
import { withUsers } from '../protocol/users.ts';
import { startApi } from '../server/rest/api.ts';
import { type Message, startReceiver, verified } from '../support/receiver.ts';
import { describeInChromium } from './chromium.ts';
import { peopleIn } from './people.ts';

interface Opened {
  consultation: { id: string };
  invitation: { url: string };
  owner: { url: string };
}

describeInChromium('A host system', (browser) => {
  const { arrive } = peopleIn(browser);

  it('opens a consultation, hands out two links, and gets the bill of the call that two browsers had', async () => {
    const secret = newSecret();
    const receiver = await startReceiver();
    const { host } = await startApi({ ...withUsers, WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: secret });
    const { consultation, invitation, owner } = await host.must<Opened>('POST', 'consultations', {
      body: {
        externalId: 'visit-1',
        subject: 'Knee',
        provider: { id: 'dr', name: 'Dr. Ada' },
        clients: [{ id: 'bob', name: 'Bob' }],
        callMinutes: 20,
      },
    });
    const doctor = await arrive(owner.url, 'Dr. Ada');
    // The link has no name to ask for.
    await doctor.press('Join');
    await doctor.tile('Dr. Ada').waitFor();
    const patient = await arrive(invitation.url, 'Bob');
    await patient.join();
    await doctor.startCall([patient]);
    await patient.press('Accept');
    await Promise.all([doctor.isConnectedWith([patient]), patient.isConnectedWith([doctor])]);
    await doctor.seesMoving(['Bob']);
    const begun = performance.now();
    await sleep(2_000);
    await doctor.press('End call');
    await patient.button('Leave call').waitFor({ state: 'detached' });
    const seconds = (performance.now() - begun) / 1000;
    await host.must('POST', `consultations/${consultation.id}/close`);

    const messages = (): Message[] => receiver.received.map((each) => verified(each, secret));
    await receiver.until(() => messages().some(({ type }) => type === 'workspace.closed'));
    const told = messages();
    expect(told.map(({ data }) => data.seq)).toEqual(told.map((_, index) => index + 1));
    const bill = told.find(({ type }) => type === 'call.ended')?.data;
    expect(bill).toMatchObject({ endReason: 'hangup', externalId: 'visit-1' });
    // The call was connected before the picture moved here, and a busy machine looks late.
    expect(bill?.billableSeconds).toBeGreaterThanOrEqual(Math.floor(seconds) - 1);
    expect(bill?.billableSeconds).toBeLessThan(seconds + 10);
    expect(bill?.participants).toHaveLength(2);
    expect(bill?.participants).toContainEqual(expect.objectContaining({ user: expect.objectContaining({ id: 'dr' }) }));
  });
});
