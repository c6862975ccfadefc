import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startServer } from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';
import { startClinicHost } from './clinic-host.ts';
import { light, peopleIn } from './people.ts';
import type { Visitor } from './visitors.ts';

const PATIENCE = 120_000;
/** The call ends after so many seconds, and warns so many before. */
const LIMIT = 36;
const WARNING = 8;

const writes = async (person: Visitor, text: string) => {
  await person.field('Message').fill(text);
  await person.press('Send');
};

const reads = (person: Visitor, text: string) => person.page.getByText(text, { exact: true }).waitFor();

describeInChromium('A clinic', (browser) => {
  const { arrive } = peopleIn(browser);

  it(
    'has a consultation with its patient, from the sign-in of both to the bill',
    async () => {
      const host = await startClinicHost();
      const { url } = await startServer({ ...host.env, CALL_WARNING_SECONDS: String(WARNING) });
      const claims = { name: 'Dr. Ada', mesh: { role: 'owner' } };
      const doctor = await arrive(host.linkFor(url, 'dr', claims, 'consultations'), 'Dr. Ada');

      // The doctor opens it while the patient is away.
      await doctor.press('Open a consultation');
      await doctor.press('Open consultation');
      await doctor.page.getByText('Please enter whom the consultation is with.').waitFor();
      await doctor.field('Subject').fill('Knee');
      await doctor.field('Client').fill('bob');
      await doctor.field('Minutes for calls').fill(String(LIMIT / 60));
      await doctor.press('Open consultation');
      await doctor.heading('Knee').waitFor();
      await host.hears('consultation.opened');

      // The patient learns of it with the sign-in.
      const patient = await arrive(host.linkFor(url, 'bob', { name: 'Bob' }), 'Bob', { ...light, losesNetwork: true });
      await patient.hears('Dr. Ada has opened a consultation with you: Knee');
      await patient.press('Join');
      await patient.heading('Knee').waitFor();
      await doctor.startCall([patient]);
      await patient.press('Accept');
      await Promise.all([doctor.isConnectedWith([patient]), patient.isConnectedWith([doctor])]);
      await Promise.all([doctor.seesMoving(['Bob']), patient.seesMoving(['Dr. Ada'])]);
      await doctor.page.getByRole('timer', { name: 'Time left' }).waitFor();

      await patient.press('Chat');
      await writes(patient, 'It hurts on the stairs.');
      await doctor.hears('Bob wrote a message.');
      await doctor.press('Chat, 1 new message');
      await reads(doctor, 'It hurts on the stairs.');
      await writes(doctor, 'Since when?');

      // The doctor reloads, and is back on the call with the chat.
      await doctor.page.reload();
      await Promise.all([doctor.isConnectedWith([patient]), patient.isConnectedWith([doctor])]);
      await doctor.seesMoving(['Bob']);
      await doctor.press('Chat');
      await reads(doctor, 'It hurts on the stairs.');

      // The patient loses the network for a while; what was written meanwhile arrives.
      await patient.page.context().setOffline(true);
      await sleep(1_000);
      await writes(doctor, 'Are you there?');
      await sleep(14_000);
      await patient.page.context().setOffline(false);
      await reads(patient, 'Are you there?');
      await writes(patient, 'Yes, again.');
      await reads(doctor, 'Yes, again.');
      await Promise.all([doctor.seesMoving(['Bob']), patient.seesMoving(['Dr. Ada'])]);

      await Promise.all([doctor.hears(/The call ends in/), patient.hears(/The call ends in/)]);
      await Promise.all([doctor.hears('The time was over'), patient.hears('The time was over')]);

      // The doctor gives the consultation more time, so that calls are possible again.
      await doctor.press('Start call');
      await doctor.hears('The time for calls is used up.');
      await doctor.press('Add 15 minutes');
      await doctor.hears('15 minutes were added for calls.');
      await doctor.press('Start call');
      await patient.press('Decline');
      await doctor.hears('Bob declined.');

      await doctor.press('People');
      await doctor.press('Close consultation');
      await doctor.press('Yes, close it');
      for (const person of [doctor, patient]) {
        await person.heading('The consultation is closed').waitFor();
        await person.press('To the consultations');
        await person.press('History');
        const history = person.page.getByRole('dialog', { name: 'Knee' });
        await history.waitFor();
        await expect
          .poll(() => history.locator('.message-text').allTextContents())
          .toEqual(['It hurts on the stairs.', 'Since when?', 'Are you there?', 'Yes, again.']);
        await history.getByText(`${LIMIT} seconds`).waitFor();
        expect(await history.getByRole('textbox').count()).toBe(0);
        await person.page.keyboard.press('Escape');
      }

      // Nobody can enter it any more, and the inbox tells what happened.
      expect(await patient.button('Join').count()).toBe(0);
      await patient.page.getByRole('link', { name: /^Inbox/ }).click();
      await patient.page.getByText('The consultation was closed: Knee').waitFor();
      await patient.page.getByText('Dr. Ada has opened a consultation with you: Knee').waitFor();

      await host.hears('workspace.closed');
      const events = host.events();
      expect(events.map(({ data }) => data.seq)).toEqual(events.map((_, index) => index + 1));
      expect(events.map(({ type }) => type)).toEqual(
        expect.arrayContaining([
          'consultation.opened',
          'call.started',
          'call.ending',
          'call.ended',
          'consultation.closed',
        ]),
      );
      const bill = events.find(({ type }) => type === 'call.ended')?.data;
      expect(bill).toMatchObject({ endReason: 'time-limit', billableSeconds: LIMIT });
      for (const id of ['bob', 'dr']) {
        expect(bill?.participants).toContainEqual(expect.objectContaining({ user: expect.objectContaining({ id }) }));
      }
    },
    PATIENCE,
  );
});
