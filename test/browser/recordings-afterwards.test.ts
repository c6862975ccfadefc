import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { beginPart, recordingsFolder, webm } from '../protocol/recording.ts';
import { signIn, userToken, withUsers } from '../protocol/users.ts';
import {
  answer,
  type Client,
  connectCall,
  type Seat,
  seat,
  startServer,
  type TestServer,
} from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';
import { peopleIn } from './people.ts';
import type { Visitor } from './visitors.ts';

const PATIENCE = 60_000;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Downloads the only file that the list offers. @returns its SHA-256 */
async function downloaded({ page }: Visitor): Promise<string> {
  const button = page.getByRole('dialog', { name: 'Recordings' }).getByRole('button', { name: /^Download: / });
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return sha256(await readFile(await download.path()));
}

/** Takes a seat by the token of an invite or an invitation. */
async function attending(client: Client, token: string): Promise<Seat> {
  const granted = await client.must('attend', { workspace: { token }, attendee: { name: 'Bob' } });
  return seat(client, granted.workspace.id, granted.attendee.id, granted.accessToken);
}

/** Comes to the call when it rings. */
async function accept({ client, proof }: Seat): Promise<void> {
  const { caller, call } = await client.notice('ring');
  await client.must('answer', { ...proof, caller, answer, call });
}

/** The owner's page records a call. @returns the recording, and the bytes of the other one, which are whole */
async function recordOn(owner: Visitor, guest: Seat, { url }: TestServer) {
  await owner.press('Record');
  const { recording } = await guest.client.notice('recording');
  await owner.press('Do not agree');
  const bytes = webm(20_000);
  await (await beginPart(url, guest, recording)).whole(bytes);
  return { recording, bytes };
}

/** The list that is open. */
const listOf = ({ page }: Visitor) => page.getByRole('dialog', { name: 'Recordings' });

describeInChromium('Recordings after the end, on the page', (browser) => {
  const { arrive } = peopleIn(browser);
  const folder = recordingsFolder();
  const users = { ...withUsers, RECORDINGS_DIR: folder };

  it(
    'are there for an owner without a sign-in, at the next visit too, and are finished without a part that never comes',
    async () => {
      const server = await startServer({ RECORDINGS_DIR: folder });
      const ada = await arrive(server.url, 'Ada');
      const link = await ada.createWorkspace({ workspace: 'Atelier' });
      const bob = await attending(await server.connect(), link.slice(link.indexOf('#') + 1));
      await ada.tile('Bob').waitFor();
      await ada.press('Start call');
      await accept(bob);
      const { bytes, recording } = await recordOn(ada, bob, server);
      await beginPart(server.url, bob, recording, { part: 'never sent' });
      await ada.press('Close workspace');
      await ada.page.getByText('You can download the recordings afterwards too, in this browser').waitFor();
      await ada.press('Yes, close it');
      await ada.press('Recordings');
      expect(await downloaded(ada)).toBe(sha256(bytes));
      await listOf(ada).getByText('Not all has arrived yet from: Bob.').waitFor();
      await ada.press('Finish without what is missing');
      const question = ada.page.getByRole('dialog', { name: 'Finish without what is missing?' });
      await question.getByRole('button', { name: 'Finish without what is missing' }).click();
      await listOf(ada)
        .getByText(/· not complete$/)
        .waitFor();
      expect(await ada.button('Finish without what is missing').count()).toBe(0);

      await ada.page.goto(server.url);
      await ada.press('Recordings: Atelier');
      expect(await downloaded(ada)).toBe(sha256(bytes));
    },
    PATIENCE,
  );

  it(
    'of a phone call are with the recent calls of its caller, also after a reload',
    async () => {
      const server = await startServer(users);
      const guest = await signIn(server, 'bob', { name: 'Bob' });
      const ada = await arrive(`${server.url}/phone#user-token=${userToken('ada', { name: 'Ada' })}`, 'Ada');
      await ada.field('Call').fill('bob');
      await ada.press('Call');
      const { token } = await guest.notice('invited');
      const bob = await attending(guest, token);
      await accept(bob);
      const { bytes } = await recordOn(ada, bob, server);
      await ada.press('Hang up');
      await ada.hears('Its recording is under “Recent calls”.');
      await ada.press('Recordings: Bob');
      expect(await downloaded(ada)).toBe(sha256(bytes));
      await ada.page.reload();
      await ada.press('Recordings: Bob');
      await listOf(ada)
        .getByText(/· complete$/)
        .first()
        .waitFor();
    },
    PATIENCE,
  );

  it(
    'of a consultation are in its history, for its provider in every browser, and not for its client',
    async () => {
      const server = await startServer(users);
      const claims = { name: 'Dr. Lee', mesh: { role: 'owner' } };
      const [doctor, client] = [await signIn(server, 'dr', claims), await signIn(server, 'ann', { name: 'Ann' })];
      const opened = await doctor.must('open-consultation', { subject: 'Knee', clients: [{ id: 'ann' }] });
      const owner = seat(doctor, opened.workspace.id, opened.attendee.id, opened.accessToken);
      const guest = await attending(client, (await client.notice('invited')).token);
      await doctor.notice('attend');
      await connectCall(owner, guest);
      const { recording } = await doctor.must('start-recording', owner.proof);
      const bytes = webm(20_000);
      await (await beginPart(server.url, guest, recording)).whole(bytes);
      await doctor.must('close-consultation', { consultation: { id: opened.consultation.id } });
      const address = (user: string, given: object) =>
        `${server.url}/consultations#user-token=${userToken(user, given)}`;
      const lee = await arrive(address('dr', claims), 'Dr. Lee');
      await lee.press('History');
      await lee.press('Recordings');
      expect(await downloaded(lee)).toBe(sha256(bytes));
      const ann = await arrive(address('ann', { name: 'Ann' }), 'Ann');
      await ann.press('History');
      await ann.page.getByText('Nobody wrote anything.').waitFor();
      expect(await ann.button('Recordings').count()).toBe(0);
    },
    PATIENCE,
  );
});

describeInChromium('Who may record, on the page', (browser) => {
  const { arrive } = peopleIn(browser);
  const folder = recordingsFolder();

  it(
    'is whom the host system lets, and no owner whom it does not',
    async () => {
      const server = await startServer({ ...withUsers, RECORDINGS_DIR: folder });
      const as = (user: string, record: boolean) => `user-token=${userToken(user, { name: user, mesh: { record } })}`;
      const ada = await arrive(`${server.url}/#${as('Ada', false)}`, 'Ada');
      await ada.press('Create workspace');
      const bob = await arrive(`${await ada.field('Link').inputValue()}&${as('Bob', true)}`, 'Bob');
      await bob.press('Join');
      await ada.startCall([bob]);
      await bob.press('Accept');
      await bob.press('Record');
      await ada.press('Do not agree');
      expect(await ada.button('Record').or(ada.button('Stop recording')).count()).toBe(0);
      await bob.press('Stop recording');
      await ada.hears('The recording has ended.');
    },
    PATIENCE,
  );
});
