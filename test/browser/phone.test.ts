import { expect, it } from 'vitest';
import { userToken, withUsers } from '../protocol/users.ts';
import { startServer } from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';
import { peopleIn } from './people.ts';
import { strippingProxy } from './stripping-proxy.ts';
import type { Visitor } from './visitors.ts';

const PATIENCE = 60_000;

describeInChromium('The phone of the page', (browser) => {
  const { arrive } = peopleIn(browser);

  /** People at the phone, each in a browser of their own. */
  async function atPhones<const Names extends readonly string[]>(url: string, names: Names) {
    const people = await Promise.all(names.map((name) => arrive(`${url}/phone`, name)));
    await Promise.all(people.map(signIn));
    return people as { -readonly [Index in keyof Names]: Visitor };
  }

  const calls = async (caller: Visitor, name: string) => {
    await caller.field('Call').fill(name);
    await caller.press('Call');
  };

  const ring = (visitor: Visitor, caller: string) =>
    visitor.page.getByRole('alertdialog', { name: `${caller} is calling`, exact: true });

  const talk = (...both: Visitor[]) =>
    Promise.all(both.map((each) => each.isConnectedWith(both.filter((other) => other !== each))));

  /** What the list of calls says, the latest first. */
  const recentOf = ({ page }: Visitor) =>
    page
      .getByRole('region', { name: 'Recent calls' })
      .getByRole('listitem')
      .evaluateAll((items) =>
        items.map((item) => (item as HTMLElement).innerText.replace(/,[^,]*$/, '').replace(/\s*\n+/, ': ')),
      );

  async function signIn(visitor: Visitor): Promise<void> {
    await visitor.field('Your name').fill(visitor.name);
    await visitor.press('Sign in');
    await visitor.heading('Phone').waitFor();
  }

  it(
    'is beside the lobby under any path, and whoever has signed in is so on both, also after a reload',
    async () => {
      const { url } = await startServer({ USERS: 'open' });
      const address = await strippingProxy(url, '/calls');
      const ada = await arrive(address, 'Ada');
      await ada.page.getByRole('link', { name: 'Phone', exact: true }).click();
      expect(ada.page.url()).toBe(`${address}phone`);
      await ada.press('Sign in');
      await ada.page.getByText('Please enter your name.').waitFor();
      await signIn(ada);
      expect(await ada.isFocused(ada.heading('Phone'))).toBe(true);
      await ada.page.reload();
      await ada.heading('Phone').waitFor();
      const bob = await arrive(`${address}phone/`, 'Bob');
      expect(bob.page.url()).toBe(`${address}phone`);
      await bob.field('Your name').fill('ADA');
      await bob.press('Sign in');
      await bob.hears('Somebody else has that name at present.');
      await bob.page.getByRole('link', { name: 'Workspaces', exact: true }).click();
      await bob.field('Your name').waitFor();
      await bob.page.goBack();
      await bob.heading('Sign in').waitFor();

      await ada.page.getByRole('link', { name: 'Workspaces', exact: true }).click();
      await ada.page.getByText('Signed in as Ada').waitFor();
      await ada.press('Create workspace');
      const link = await ada.field('Link').inputValue();
      expect(link.startsWith(`${address}#`)).toBe(true);
      await ada.tile('Ada').waitFor();
      await ada.press('Leave workspace');
      await ada.press('Sign out');
      await ada.field('Your name').waitFor();
    },
    PATIENCE,
  );

  it(
    'is for those whom a link of the host system signs in, which nobody finds in the address afterwards',
    async () => {
      const { url } = await startServer(withUsers);
      const ada = await arrive(`${url}/phone#user-token=${userToken('ada', { name: 'Dr. Ada' })}`, 'Dr. Ada');
      await ada.heading('Phone').waitFor();
      expect(ada.page.url()).toBe(`${url}/phone`);
      expect(await ada.page.evaluate(() => JSON.stringify(localStorage))).not.toContain('eyJ');
      await ada.page.getByRole('link', { name: 'Workspaces', exact: true }).click();
      await ada.press('Create workspace');
      const link = await ada.field('Link').inputValue();

      const bob = await arrive(`${link}&user-token=${userToken('bob', { name: 'Bob' })}`, 'Bob');
      await bob.page.getByText('Signed in as Bob').waitFor();
      expect(bob.page.url()).toBe(link);
      await bob.press('Join');
      await ada.tile('Bob').waitFor();

      // A guest of such a server has the lobby alone.
      const eve = await arrive(`${url}/#user-token=broken`, 'Eve');
      await eve.hears('The link did not sign you in, because it is broken.');
      await eve.field('Your name').waitFor();
      expect(await eve.page.getByRole('link').count()).toBe(0);
      expect(eve.page.url()).toBe(`${url}/`);
    },
    PATIENCE,
  );

  it(
    'is not there where nobody can sign in, and says so',
    async () => {
      const { url: origin } = await startServer({ BASE_PATH: '/calls/' });
      const url = `${origin}/calls`;
      const ada = await arrive(`${url}/`, 'Ada');
      await ada.heading('Create a workspace').waitFor();
      expect(await ada.page.getByRole('link').count()).toBe(0);
      const bob = await arrive(`${url}/phone`, 'Bob');
      await bob.heading('There is no phone here').waitFor();
      await bob.page.getByRole('link').click();
      await bob.heading('Create a workspace').waitFor();
      expect(bob.page.url()).toBe(`${url}/`);
    },
    PATIENCE,
  );

  it(
    'rings by name on every screen, and whoever reloads meanwhile talks all the same, until one hangs up',
    async () => {
      const { url } = await startServer({ USERS: 'open' });
      const [ada, bob] = await atPhones(url, ['Ada', 'Bob']);
      // Nobody is filmed while waiting for calls.
      expect(await ada.askedFor()).toEqual([]);
      await bob.page.getByRole('link', { name: 'Workspaces', exact: true }).click();
      await calls(ada, 'Bob');
      await ada.hears('Ringing…');
      await ring(bob, 'Ada').waitFor();
      await ring(bob, 'Ada').getByText('Call with picture').waitFor();
      await expect.poll(() => bob.isFocused(bob.button('Accept'))).toBe(true);
      await Promise.all([ada.page.reload(), bob.page.reload()]);
      await ada.hears('Ringing…');
      await bob.press('Accept');
      await talk(ada, bob);
      expect([await ada.page.title(), await bob.page.title()]).toEqual([
        'Bob · mesh-workspaces',
        'Ada · mesh-workspaces',
      ]);
      expect(await ada.button('People').count()).toBe(0);
      await ada.page.reload();
      await bob.page.reload();
      await talk(ada, bob);
      expect(ada.page.url()).toBe(`${url}/phone`);
      await bob.press('Hang up');
      await Promise.all([ada.hears('The call with Bob is over.'), bob.hears('The call with Ada is over.')]);
      // Once is enough.
      for (const { page } of [ada, bob]) expect(await page.locator('.toast').count()).toBe(1);
      await ada.heading('Phone').waitFor();
      await bob.heading('Create a workspace').waitFor();
      expect(await ada.openConnections()).toBe(0);
      await expect.poll(() => ada.captures()).toEqual([]);

      // Back by one click, without a picture.
      await expect.poll(() => recentOf(ada)).toEqual(['Bob: You called']);
      await ada.page.getByText('Sound only').click();
      await ada.press('Call Bob');
      await ring(bob, 'Ada').getByText('Call with sound only').waitFor();
      await bob.press('Accept');
      await talk(ada, bob);
      expect(await ada.captures()).toEqual(['audio']);
      expect(await bob.captures()).toEqual(['audio']);
      await ada.press('Hang up');
      await ada.heading('Phone').waitFor();
      await bob.page.getByRole('link', { name: 'Phone', exact: true }).click();
      await expect.poll(() => recentOf(bob)).toEqual(['Ada: Called you', 'Ada: Called you']);
    },
    PATIENCE,
  );

  it(
    'says in words what became of a call: declined, cancelled, busy, away, to nobody',
    async () => {
      const { url } = await startServer({ USERS: 'open' });
      const [ada, bob] = await atPhones(url, ['Ada', 'Bob']);
      const eve = await arrive(`${url}/phone`, 'Eve', { isLight: true, refusesDevices: true });
      await signIn(eve);
      await calls(ada, 'Nobody');
      await ada.hears('There is nobody of that name.');
      await calls(ada, 'Bob');
      await bob.press('Decline');
      await ada.hears('Bob declined the call.');
      await calls(ada, 'Bob');
      await ring(bob, 'Ada').waitFor();
      await ada.press('Cancel');
      await ada.hears('You cancelled the call to Bob.');
      await calls(ada, 'Nobody');
      await ada.hears('There is nobody of that name.');
      expect(await ada.page.getByText('You cancelled the call to Bob.').count()).toBe(0);
      await bob.hears('You missed a call from Ada.');
      await expect.poll(() => recentOf(bob)).toEqual(['Ada: Missed call', 'Ada: You declined']);
      // Two who call each other talk to each other.
      await Promise.all([calls(ada, 'Bob'), calls(bob, 'Ada')]);
      await talk(ada, bob);
      await calls(eve, 'Bob');
      await eve.hears('Bob is busy. Try again later.');
      expect(await ring(bob, 'Eve').count()).toBe(0);
      await bob.press('Hang up');
      await bob.heading('Phone').waitFor();
      await expect.poll(() => recentOf(bob)).toContain('Eve: Missed call');
      // A second caller rings beside the first, and neither takes the other's place.
      await Promise.all([calls(ada, 'Bob'), calls(eve, 'Bob')]);
      await Promise.all([ring(bob, 'Ada').waitFor(), ring(bob, 'Eve').waitFor()]);
      await ring(bob, 'Eve').getByRole('button', { name: 'Accept' }).click();
      await talk(bob, eve);
      await ada.hears(/Ringing…|Bob is busy/);
      await eve.press('Hang up');

      // Whoever is away is rung on coming back.
      await bob.heading('Phone').waitFor();
      if (await ada.button('Cancel').isVisible()) await ada.press('Cancel');
      await bob.page.goto(`${url}/status`);
      await calls(ada, 'Bob');
      await ada.hears('Bob is away. It rings as soon as Bob is back.');
      await bob.page.goBack();
      await bob.press('Accept');
      await talk(ada, bob);
    },
    PATIENCE,
  );

  it(
    'rings on all devices until one answers, leaves a room only where the person accepts, and notifies who looks elsewhere',
    async () => {
      const { url } = await startServer({ USERS: 'open' });
      const [ada] = await atPhones(url, ['Ada']);
      const bob = await arrive(`${url}/phone`, 'Bob');
      await bob.page.evaluate(stubNotifications);
      await signIn(bob);
      await bob.press('Notify me of calls');
      await bob.page.getByText('Your browser shows calls').waitFor();
      const other = await bob.duplicateTab();
      await other.heading('Phone').waitFor();
      await other.page.getByRole('link', { name: 'Workspaces', exact: true }).click();
      await other.field('Workspace name').fill('Atelier');
      await other.press('Create workspace');
      await other.field('Link').waitFor();
      await bob.hideTab(true);
      await calls(ada, 'Bob');
      await ring(other, 'Ada').getByText('If you accept, you leave Atelier.').waitFor();
      await expect.poll(() => bob.page.evaluate(() => shownNotifications)).toEqual(['Ada is calling']);
      await other.press('Accept');
      await talk(ada, other);
      await bob.hears('The call from Ada was answered on another device.');
      expect(await ring(bob, 'Ada').count()).toBe(0);
      expect(await bob.page.evaluate(() => shownNotifications)).toEqual([]);
      await ada.press('Hang up');
      await other.heading('Create a workspace').or(other.heading('Join a workspace')).waitFor();
      await expect.poll(() => recentOf(bob)).toEqual(['Ada: Answered on another device']);
    },
    PATIENCE,
  );

  it(
    'stays silent for who wants no disturbance, and lists what they missed',
    async () => {
      const { url } = await startServer({ USERS: 'open', RING_TIMEOUT_SECONDS: '1' });
      const [ada, bob] = await atPhones(url, ['Ada', 'Bob']);
      await bob.page.getByLabel('Do not disturb').check();
      await bob.page.reload();
      expect(await bob.page.getByLabel('Do not disturb').isChecked()).toBe(true);
      await calls(ada, 'Bob');
      await ada.hears('Ringing…');
      expect(await ring(bob, 'Ada').count()).toBe(0);
      await ada.hears('Bob did not answer.');
      expect(await ring(bob, 'Ada').count()).toBe(0);
      await expect.poll(() => recentOf(bob)).toEqual(['Ada: Missed call']);
      expect(await recentOf(ada)).toEqual(['Bob: No answer']);
      await bob.page.getByLabel('Do not disturb').uncheck();
      await bob.press('Call Ada');
      await ring(ada, 'Bob').waitFor();
      await ada.hears('You missed a call from Bob.');
    },
    PATIENCE,
  );
});

declare global {
  /** The titles of the notifications that a page shows. */
  var shownNotifications: string[];
}

/** A browser that allows notifications once it is asked. Chromium without windows shows none. */
function stubNotifications(): void {
  globalThis.shownNotifications = [];
  let permission: NotificationPermission = 'default';
  globalThis.Notification = class {
    static get permission() {
      return permission;
    }
    static async requestPermission() {
      permission = 'granted';
      return permission;
    }
    readonly title: string;
    constructor(title: string) {
      this.title = title;
      shownNotifications.push(title);
    }
    close() {
      shownNotifications.splice(shownNotifications.indexOf(this.title), 1);
    }
  } as unknown as typeof Notification;
}
