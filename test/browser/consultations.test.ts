import { expect, it } from 'vitest';
import { startLocalCluster } from '../cluster/cluster.ts';
import { signIn, withUsers } from '../protocol/users.ts';
import { skipsPostgres, startPostgres } from '../server/records/postgres-server.ts';
import { skipsRedis } from '../server/redis/redis-server.ts';
import { startServer } from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';
import { startClinicHost } from './clinic-host.ts';
import { peopleIn } from './people.ts';
import type { Visitor } from './visitors.ts';

const PATIENCE = 60_000;

describeInChromium('Consultations and the inbox of the page', (browser) => {
  const { arrive } = peopleIn(browser);

  /** Somebody who signs in by name. */
  async function user(url: string, name: string, screen: string): Promise<Visitor> {
    const visitor = await arrive(`${url}/${screen}`, name);
    await visitor.field('Your name').fill(name);
    await visitor.press('Sign in');
    await visitor.button('Sign out').waitFor();
    return visitor;
  }

  const goTo = ({ page }: Visitor, screen: string | RegExp) => page.getByRole('link', { name: screen }).click();

  it(
    'tell a client in another room, and lead both back into it until its provider closes it in the list',
    async () => {
      const { url } = await startServer({ USERS: 'open' });
      const [ada, bob, dan] = await Promise.all([
        user(url, 'Ada', 'consultations'),
        user(url, 'Bob', 'consultations'),
        user(url, 'Dan', 'phone'),
      ]);
      await goTo(bob, 'Workspaces');
      await bob.press('Create workspace');
      await bob.tile('Bob').waitFor();
      await ada.press('Open a consultation');
      await ada.field('Subject').fill('Knee');
      await ada.field('Client').fill('Carl');
      await ada.press('Open consultation');
      await ada.hears('There is nobody of that name');
      await ada.field('Client').fill('ADA');
      await ada.press('Open consultation');
      await ada.page.getByText('You are the provider of this consultation.').waitFor();
      await ada.field('Client').fill('bob');
      await ada.press('Add another client');
      await ada.field('Client 2').fill('Carl');
      await ada.press('Open consultation');
      await ada.hears('There is nobody of that name');
      await expect.poll(() => ada.isFocused(ada.field('Client 2'))).toBe(true);
      await ada.field('Client 2').fill('dan');
      await ada.field('Minutes for calls').fill('-1');
      await ada.press('Open consultation');
      await ada.page.getByText('Please enter a number of minutes').waitFor();
      await ada.field('Minutes for calls').fill('0,5');
      await ada.press('Open consultation');
      await ada.page.getByText('Bob, Dan are told at once, or at the next sign-in.').waitFor();
      // An invitation that was put away stays away, and the inbox has it.
      await dan.hears('Ada has opened a consultation with you: Knee');
      await dan.press('Close');
      await dan.page.reload();
      await goTo(dan, /Inbox/);
      await dan.page.getByText('Ada has opened a consultation with you: Knee').waitFor();
      expect(await dan.button('Join').count()).toBe(1);
      await bob.hears('Ada has opened a consultation with you: Knee');
      await bob.press('Join');
      await Promise.all([bob.tile('Ada').waitFor(), ada.tile('Bob').waitFor()]);

      // Who leaves by choice is not told again, and finds the way in the list.
      await bob.press('Leave workspace');
      await bob.page.getByText('You left Knee.').waitFor();
      expect(await bob.page.getByText('Ada has opened a consultation with you').count()).toBe(0);
      await goTo(bob, 'Consultations');
      await bob.press('Join');
      await bob.tile('Ada').waitFor();

      // The room is still that of the consultation after a reload, and its provider comes back from the list too.
      await ada.page.reload();
      await ada.button('Close consultation').waitFor();
      await ada.press('Leave workspace');
      await goTo(ada, 'Consultations');
      await ada.press('Join');
      await ada.tile('Bob').waitFor();
      await ada.button('Close consultation').waitFor();
      await ada.press('Leave workspace');
      await goTo(ada, 'Consultations');
      await ada.press('Close consultation');
      await ada.press('Cancel');
      await ada.press('Close consultation');
      await ada.press('Yes, close it');
      await bob.heading('The consultation is closed').waitFor();
      await ada.press('History');
      await ada.page.getByRole('dialog', { name: 'Knee' }).getByText('Nobody wrote anything.').waitFor();
    },
    PATIENCE,
  );

  it(
    'announce a consultation to somebody who looks at the list, where it stands with its way in',
    async () => {
      const server = await startServer({ USERS: 'open' });
      const bob = await user(server.url, 'Bob', 'consultations');
      const ada = await server.connect();
      await ada.must('sign-in', { name: 'Ada' });
      await ada.must('open-consultation', { subject: 'Knee', clients: [{ id: 'bob' }] });
      await bob.hears('Ada has opened a consultation with you: Knee');
      await bob.page.getByRole('listitem').filter({ hasText: 'Knee' }).getByText('Ada', { exact: true }).waitFor();
      expect(await bob.button('Join').count()).toBe(1);
    },
    PATIENCE,
  );

  it(
    'count what a user missed until the user looks, on all pages, and call back',
    async () => {
      const server = await startServer({ USERS: 'open' });
      const bob = await user(server.url, 'Bob', 'phone');
      const ada = await server.connect();
      await ada.must('sign-in', { name: 'Ada' });
      const { invite, workspace, attendee, accessToken } = await ada.must('dial', {
        user: { id: 'bob' },
        media: 'video',
      });
      await ada.must('cancel-invite', { workspace, attendee, accessToken, invite: { id: invite.id } });
      const counted = bob.page.getByRole('link', { name: 'Inbox, 1 new item' });
      await counted.waitFor();
      const elsewhere = await bob.page.context().newPage();
      await elsewhere.goto(`${server.url}/phone`);
      await elsewhere.getByRole('textbox', { name: 'Your name' }).fill('Bob');
      await elsewhere.getByRole('button', { name: 'Sign in' }).click();
      await elsewhere.getByRole('link', { name: 'Inbox, 1 new item' }).waitFor();
      await counted.click();
      await bob.page.getByText('You missed a call from Ada').waitFor();
      await bob.page.getByText('New', { exact: true }).waitFor();
      for (const page of [bob.page, elsewhere]) await page.getByRole('link', { name: 'Inbox', exact: true }).waitFor();
      await bob.press('Call back');
      expect(await ada.notice('invited', ({ ring }) => ring)).toMatchObject({ from: { name: 'Bob' } });
    },
    PATIENCE,
  );

  it.skipIf(skipsRedis() || skipsPostgres())(
    'tell a client whose page is at another node',
    async () => {
      const [host, postgres] = await Promise.all([startClinicHost(), startPostgres()]);
      const cluster = await startLocalCluster({
        nodes: 3,
        env: { ...withUsers, DATABASE_URL: await postgres.database() },
      });
      const [one, , three] = cluster.nodes;
      if (!one || !three) throw new Error('there are three nodes');
      const bob = await arrive(host.linkFor(three.url, 'bob', { name: 'Bob' }), 'Bob');
      await bob.button('Sign out').waitFor();
      const claims = { name: 'Dr. Ada', mesh: { role: 'owner' } };
      const ada = await signIn({ connect: () => cluster.connectTo(one) }, 'dr', claims);
      await ada.must('open-consultation', { subject: 'Knee', clients: [{ id: 'bob' }] });
      await bob.hears('Dr. Ada has opened a consultation with you: Knee');
      await bob.press('Join');
      expect(await ada.notice('attend')).toMatchObject({ name: 'Bob', user: { id: 'bob' } });
    },
    PATIENCE,
  );
});
