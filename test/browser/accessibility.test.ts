import axe from 'axe-core';
import { expect, it } from 'vitest';
import { recordingsFolder } from '../protocol/recording.ts';
import { startServer } from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';
import { startClinicHost } from './clinic-host.ts';
import { cuttingProxy } from './cutting-proxy.ts';
import { light, peopleIn } from './people.ts';
import { Visitor } from './visitors.ts';

const PATIENCE = 120_000;
const key = 'Tb9FyKe4MwXj6CpQz1SrGv8NhUd3Al5o';

/** What axe finds fault with in what a person sees, in the light and the dark colours. */
async function faultsOf({ name, page }: Visitor, screen: string): Promise<string[]> {
  // The debugger runs it: the content security policy lets no page do that.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
  const faults: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await page.evaluate(() => {
      const { axe: tool } = globalThis as unknown as { axe: typeof axe };
      return tool.run({ resultTypes: ['violations'] });
    });
    for (const { id, nodes } of violations) {
      faults.push(
        ...nodes.map(
          ({ html, failureSummary }) => `${screen}, ${name}, ${colorScheme}: ${id}\n${html}\n${failureSummary}`,
        ),
      );
    }
  }
  return faults;
}

describeInChromium('People with a screen reader, a keyboard or weak eyes', (browser) => {
  const { arrive, call } = peopleIn(browser);
  const folder = recordingsFolder();

  it(
    'find no obstacle on any screen, in both themes',
    async () => {
      const faults: string[] = [];
      const look = async (visitor: Visitor, screen: string) => {
        faults.push(...(await faultsOf(visitor, screen)));
      };
      const { url } = await startServer({ API_KEYS: `ops:${key}:admin` });
      const ada = await arrive(url, 'Ada');
      await ada.press('Create workspace');
      await ada.page.getByText('Please enter your name').waitFor();
      await look(ada, 'lobby');
      await ada.page.getByLabel('Waiting room').check();
      const link = await ada.createWorkspace({ workspace: 'Atelier', pin: '2468' });
      await look(ada, 'room alone');
      for (const dialog of ['QR code', 'New link', 'Devices']) {
        await ada.press(dialog);
        await look(ada, dialog);
        await ada.page.keyboard.press('Escape');
      }
      const bob = await arrive(link, 'Bob', { ...light, refusesDevices: true });
      await bob.askToJoin('1357');
      await bob.hears('The PIN is not right');
      await look(bob, 'joining');
      await bob.askToJoin('2468');
      await bob.heading('Waiting room').waitFor();
      await look(bob, 'waiting room');
      await ada.button('Admit Bob').waitFor();
      await look(ada, 'room with somebody who waits');
      await ada.press('Admit Bob');
      await ada.startCall([bob]);
      await bob.button('Accept').waitFor();
      await Promise.all([look(ada, 'room that rings'), look(bob, 'incoming call')]);
      await bob.press('Accept');
      await ada.isConnectedWith([bob]);
      await ada.press('Mute');
      await bob.press('Chat');
      await bob.field('Message').fill('See https://example.org');
      await bob.press('Send');
      await ada.button('Chat, 1 new message').waitFor();
      await look(ada, 'call with people');
      await ada.press('Chat, 1 new message');
      await ada.field('Message').fill('Thank you');
      await ada.press('Send');
      await bob.page.getByText('Thank you').waitFor();
      await Promise.all([look(ada, 'call with chat'), look(bob, 'call with chat')]);

      const operator = await Visitor.arrive(browser(), `${url}/admin`, 'Operator', light);
      await operator.press('Sign in');
      await look(operator, 'sign-in of operators');
      await operator.field('API key').fill(key);
      await operator.press('Sign in');
      await operator.button('People in Atelier').click();
      await operator.button('Remove Bob').waitFor();
      await look(operator, 'page for operators');
      await operator.press('End the call in Atelier');
      await look(operator, 'question to operators');

      await ada.press('People');
      await ada.press('Remove Bob');
      await look(ada, 'question');
      await ada.press('Yes, remove');
      await bob.heading('You were removed').waitFor();
      await look(bob, 'end');
      expect(faults).toEqual([]);
    },
    PATIENCE,
  );

  it(
    'find no obstacle in consultations and in the inbox',
    async () => {
      const faults: string[] = [];
      const look = async (visitor: Visitor, screen: string) => {
        faults.push(...(await faultsOf(visitor, screen)));
      };
      const host = await startClinicHost();
      const { url } = await startServer(host.env);
      const claims = { name: 'Dr. Ada', mesh: { role: 'owner' } };
      const doctor = await arrive(host.linkFor(url, 'dr', claims, 'consultations'), 'Dr. Ada');
      await doctor.page.getByText('There is no consultation yet.').waitFor();
      await look(doctor, 'no consultations');
      const patient = await arrive(host.linkFor(url, 'bob', { name: 'Bob' }), 'Bob');
      await patient.button('Create workspace').waitFor();
      for (const subject of ['Knee', 'Shoulder']) {
        await doctor.press('Open a consultation');
        await doctor.press('Open consultation');
        await doctor.page.getByText('Please enter whom the consultation is with.').waitFor();
        if (subject === 'Knee') await look(doctor, 'form for a consultation');
        await doctor.field('Subject').fill(subject);
        await doctor.field('Client').fill('bob');
        await doctor.press('Open consultation');
        await doctor.heading(subject).waitFor();
        await patient.hears(subject);
        if (subject === 'Shoulder') break;
        await look(patient, 'invite in the lobby');
        await doctor.press('Chat');
        await doctor.field('Message').fill('See https://example.org');
        await doctor.press('Send');
        await doctor.page.getByRole('time').first().waitFor();
        await doctor.press('People');
        await look(doctor, 'room of a consultation');
        await doctor.press('Close consultation');
        await look(doctor, 'question about closing');
        await doctor.press('Yes, close it');
        await doctor.heading('The consultation is closed').waitFor();
        await look(doctor, 'end of a consultation');
        await doctor.press('To the consultations');
      }
      await patient.page.getByRole('link', { name: 'Consultations' }).click();
      await patient.press('History');
      await patient.page.getByText('See https://example.org').waitFor();
      await look(patient, 'history');
      await patient.page.keyboard.press('Escape');
      await look(patient, 'consultations');
      await patient.page.getByRole('link', { name: /^Inbox, 3 new items/ }).click();
      await patient.page.getByText('The consultation was closed: Knee').waitFor();
      await look(patient, 'inbox');
      expect(faults).toEqual([]);
    },
    PATIENCE,
  );

  it(
    'find no obstacle while a call is recorded, nor where the upload goes on',
    async () => {
      const faults: string[] = [];
      const look = async (visitor: Visitor, screen: string) => {
        faults.push(...(await faultsOf(visitor, screen)));
      };
      const { url } = await startServer({ RECORDINGS_DIR: folder });
      const proxy = await cuttingProxy(url);
      const {
        ada,
        others: [bob],
      } = await call(proxy.url, ['Bob'], { ...light, losesNetwork: true });
      if (!bob) throw new Error('Bob did not come.');
      await look(ada, 'call that can be recorded');
      // The keyboard does all of it.
      await ada.tabTo(ada.button('Record'));
      await ada.page.keyboard.press('Enter');
      await Promise.all([ada, bob].map((each) => each.button('Agree').waitFor()));
      await Promise.all([look(ada, 'question to the owner'), look(bob, 'question')]);
      await bob.tabTo(bob.button('Do not agree'));
      await bob.page.keyboard.press('Enter');
      await ada.tabTo(ada.button('Agree'));
      await ada.page.keyboard.press('Enter');
      for (const each of [ada, bob]) {
        await each.tabTo(each.button('Recording'), 'Shift+Tab');
        await each.page.keyboard.press('Enter');
      }
      await ada.page.getByText('all of it on the server').waitFor();
      await bob.page.getByText('You are not recorded.').waitFor();
      await Promise.all([look(ada, 'recorded call'), look(bob, 'call with the text once more')]);
      const isBack = proxy.away(5_000);
      await ada.hears('The server cannot be reached.');
      await look(ada, 'recorded call without the server');
      await isBack;
      await ada.page.getByText('all of it on the server').waitFor();
      await ada.page.getByTitle('Server: Connected').waitFor();
      await ada.page.keyboard.press('Escape');
      await ada.page.getByRole('region', { name: 'About the recording' }).waitFor({ state: 'detached' });
      await ada.press('Stop recording');
      await ada.hears('The recording is uploaded.');
      await look(ada, 'call after its recording');
      await ada.press('Recordings');
      await ada.page.getByRole('button', { name: 'Download: Ada, Camera and microphone' }).waitFor();
      await look(ada, 'list of recordings');
      await ada.page.keyboard.press('Escape');
      await ada.press('Leave workspace');
      await ada.hears('You may close this page.');
      await look(ada, 'lobby after a recording');
      expect(faults).toEqual([]);
    },
    PATIENCE,
  );

  it(
    'find no obstacle on the screens of the phone, in both themes',
    async () => {
      const faults: string[] = [];
      const look = async (visitor: Visitor, screen: string) => {
        faults.push(...(await faultsOf(visitor, screen)));
      };
      const { url } = await startServer({ USERS: 'open' });
      const [ada, bob] = [await arrive(`${url}/phone`, 'Ada'), await arrive(`${url}/phone`, 'Bob')];
      await ada.press('Sign in');
      await ada.page.getByText('Please enter your name').waitFor();
      await look(ada, 'sign-in');
      for (const { page, name } of [ada, bob]) {
        await page.keyboard.press('Tab');
        await page.getByRole('textbox', { name: 'Your name' }).fill(name);
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'Phone' }).waitFor();
      }
      await ada.press('Call');
      await ada.page.getByText('Please enter a name').waitFor();
      await look(ada, 'phone');
      // The keyboard does all of it.
      await ada.tabTo(ada.field('Call'), 'Shift+Tab');
      await ada.page.keyboard.type('Bob');
      await ada.page.keyboard.press('Enter');
      await bob.button('Accept').waitFor();
      await Promise.all([look(ada, 'calling'), look(bob, 'incoming call of a user')]);
      await bob.tabTo(bob.button('Decline'), 'Shift+Tab');
      await bob.page.keyboard.press('Enter');
      await ada.hears('Bob declined the call.');
      await look(ada, 'outcome');
      await ada.press('Call Bob');
      await bob.press('Accept');
      await ada.isConnectedWith([bob]);
      await look(ada, 'call of two users');
      await ada.press('Hang up');
      await ada.page.getByRole('link', { name: 'Workspaces' }).click();
      await ada.page.getByText('Signed in as Ada').waitFor();
      await look(ada, 'lobby of a user');
      expect(faults).toEqual([]);
    },
    PATIENCE,
  );

  it(
    'see nothing move that the page moves, where they want it so',
    async () => {
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada');
      const bob = await arrive(await ada.createWorkspace(), 'Bob');
      await bob.join();
      await ada.startCall([bob]);
      await bob.button('Accept').waitFor();
      for (const { page } of [ada, bob]) {
        const moving = () =>
          page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === 'running').length);
        await expect.poll(moving).toBe(0);
        // The same rings where they have no such wish.
        await page.emulateMedia({ reducedMotion: 'no-preference' });
        await expect.poll(moving).toBeGreaterThan(0);
      }
    },
    PATIENCE,
  );
});
