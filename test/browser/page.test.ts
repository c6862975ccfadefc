import { expect, it } from 'vitest';
import { startServer } from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';
import { peopleIn } from './people.ts';
import { fullMesh, type Visitor } from './visitors.ts';

const PATIENCE = 60_000;
/** Long enough for every change that a person sees within a moment. */
const SOON = { timeout: 10_000 };

describeInChromium('The page', (browser) => {
  const { arrive, seated, call } = peopleIn(browser);

  it.each([2, 3, 5])(
    'brings %i people who start with nothing onto a call, where everybody sees everybody move',
    async (count) => {
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada', {});
      const link = await ada.createWorkspace({ pin: '2468' });
      expect(link).toMatch(new RegExp(`^${url}/#.{20,}`));
      const others = await Promise.all(
        ['Bob', 'Cyd', 'Dan', 'Eve'].slice(0, count - 1).map((name) => arrive(link, name, {})),
      );
      await Promise.all(others.map((other) => other.join('2468')));
      await ada.startCall(others);
      await Promise.all(others.map((other) => other.press('Accept')));
      await fullMesh([ada, ...others], 60_000);
      for (const each of [ada, ...others]) expect(await each.openConnections()).toBe(count - 1);
    },
    PATIENCE * 2,
  );

  it(
    'says that a PIN is wrong and keeps what was entered, and for how long somebody is locked out who guesses on',
    async () => {
      const { url } = await startServer({ PIN_ATTEMPTS: '2', PIN_LOCKOUT_SECONDS: '3' });
      const ada = await arrive(url, 'Ada');
      const link = await ada.createWorkspace({ pin: '2468' });
      const bob = await arrive(link, 'Bob');
      await bob.askToJoin('1111');
      await bob.hears('The PIN is not right');
      expect(await bob.field('Your name').inputValue()).toBe('Bob');
      expect(await bob.field('PIN').inputValue()).toBe('1111');
      expect(await bob.isFocused(bob.field('PIN'))).toBe(true);
      await bob.askToJoin('2222');
      await bob.hears('The PIN is not right');
      await bob.askToJoin('2468');
      await bob.hears(/too many wrong PINs\. You can try again in [1-3] seconds\./);
      expect(await bob.button('Join').isEnabled()).toBe(false);
      await expect.poll(() => bob.button('Join').isEnabled(), SOON).toBe(true);
      await bob.join('2468');
    },
    PATIENCE,
  );

  it(
    'says that every seat is taken',
    async () => {
      const { url } = await startServer({ MAX_CAPACITY_OF_WORKSPACE: '2' });
      const { link } = await seated(url, ['Bob']);
      const cyd = await arrive(link, 'Cyd');
      await cyd.askToJoin();
      await cyd.hears('Every seat is taken.');
      expect(await cyd.field('Your name').inputValue()).toBe('Cyd');
    },
    PATIENCE,
  );

  it(
    'says that a link is broken, and takes another one in its place',
    async () => {
      const { url } = await startServer();
      const { link } = await seated(url, []);
      const bob = await arrive(`${link.slice(0, -5)}`, 'Bob');
      await bob.askToJoin();
      await bob.hears('This link is broken.');
      await bob.field('Link').fill(link);
      await bob.join();
    },
    PATIENCE,
  );

  it(
    'asks for a name, and for a link, where one is missing',
    async () => {
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada');
      await ada.press('Create workspace');
      await ada.page.getByText('Please enter your name').waitFor();
      expect(await ada.isFocused(ada.field('Your name'))).toBe(true);
      await ada.press('I was sent a link');
      await ada.field('Your name').fill('Ada');
      await ada.press('Join');
      await ada.page.getByText('Please paste the link.').waitFor();
      expect(await ada.isFocused(ada.field('Link'))).toBe(true);
    },
    PATIENCE,
  );

  it(
    'tells the owner who declined, and lets the owner ring them again',
    async () => {
      const { url } = await startServer();
      const { ada, others } = await seated(url, ['Bob']);
      const [bob] = others as [Visitor];
      await ada.startCall([bob]);
      await bob.press('Decline');
      await ada.hears('Bob declined.');
      await ada.reads('Bob', 'Declined');
      await ada.press('Ring Bob');
      await bob.press('Accept');
      await fullMesh([ada, bob]);
    },
    PATIENCE,
  );

  it(
    'tells the owner who missed the call',
    async () => {
      const { url } = await startServer({ RING_TIMEOUT_SECONDS: '1' });
      const { ada, others } = await seated(url, ['Bob']);
      const [bob] = others as [Visitor];
      await ada.startCall([bob]);
      await bob.button('Accept').waitFor();
      await ada.hears('Bob missed the call.');
      await ada.reads('Bob', 'Missed the call');
      expect(await ada.openConnections()).toBe(0);
    },
    PATIENCE,
  );

  it(
    'lets the owner ring somebody who is away, and who accepts on coming back',
    async () => {
      const { url } = await startServer();
      const { ada, others, all } = await seated(url, ['Bob']);
      const [bob] = others as [Visitor];
      const { page } = bob;
      const room = page.url();
      await page.goto(`${url}/healthz`);
      await ada.reads('Bob', 'Away');
      await ada.press('Start call');
      await ada.reads('Bob', 'Away. Rings on coming back.');
      await page.goto(room);
      await bob.press('Accept');
      await fullMesh(all);
    },
    PATIENCE,
  );

  it(
    'tells the owner that somebody missed the call who did not come back',
    async () => {
      const { url } = await startServer({ SEAT_GRACE_SECONDS: '3' });
      const { ada, others } = await seated(url, ['Bob']);
      const [bob] = others as [Visitor];
      await bob.page.goto(`${url}/healthz`);
      await ada.reads('Bob', 'Away');
      await ada.press('Start call');
      await ada.hears('Bob missed the call.');
    },
    PATIENCE,
  );

  it(
    'stops ringing somebody who did not answer in time',
    async () => {
      const { url } = await startServer({ RING_TIMEOUT_SECONDS: '1' });
      const { ada, others } = await seated(url, ['Bob']);
      const [bob] = others as [Visitor];
      await ada.startCall([bob]);
      await bob.button('Accept').waitFor();
      await ada.hears('Bob missed the call.');
      await bob.button('Accept').waitFor({ state: 'detached', timeout: 3_000 });
    },
    PATIENCE,
  );

  it(
    'rings on for somebody who reloads meanwhile, and no more when the owner does, who can ring again',
    async () => {
      const { url } = await startServer();
      const { ada, others, all } = await seated(url, ['Bob']);
      const [bob] = others as [Visitor];
      await ada.startCall([bob]);
      await bob.button('Accept').waitFor();
      await bob.page.reload();
      await bob.button('Accept').waitFor();
      await ada.page.reload();
      await bob.button('Accept').waitFor({ state: 'detached' });
      await ada.press('Ring Bob');
      await bob.press('Accept');
      await fullMesh(all);
    },
    PATIENCE,
  );

  it(
    'stops ringing when the owner ends the call, for those who never answered too',
    async () => {
      const { url } = await startServer();
      const { ada, others, all } = await seated(url, ['Bob', 'Cyd']);
      const [bob, cyd] = others as [Visitor, Visitor];
      await ada.startCall(others);
      await bob.press('Accept');
      await cyd.button('Accept').waitFor();
      await ada.press('End call');
      await cyd.button('Accept').waitFor({ state: 'detached' });
      for (const each of [ada, bob]) await each.button('Leave call').waitFor({ state: 'detached' });
      await bob.hears('The call has ended.');
      for (const each of all) expect(await each.openConnections()).toBe(0);
    },
    PATIENCE,
  );

  it(
    'tells somebody who was removed, who can do nothing there any more, and takes their tile away',
    async () => {
      const { url } = await startServer();
      const { ada, others } = await call(url, ['Bob', 'Cyd']);
      const [bob, cyd] = others as [Visitor, Visitor];
      await ada.press('Remove Bob');
      await ada.press('Yes, remove');
      await bob.heading('You were removed').waitFor();
      await bob.hears('The owner removed you from Atelier.');
      for (const action of ['Leave call', 'Leave workspace', 'Accept']) {
        expect(await bob.button(action).isVisible(), action).toBe(false);
      }
      expect(await bob.openConnections()).toBe(0);
      expect(await bob.captures()).toEqual([]);
      for (const each of [ada, cyd]) {
        await each.hears('Bob was removed.');
        await each.seesOnly([ada, cyd]);
      }
      await fullMesh([ada, cyd]);
      await bob.press('Back to the start');
      await bob.heading('Create a workspace').waitFor();
      await bob.page.reload();
      await bob.heading('Create a workspace').waitFor();
    },
    PATIENCE,
  );

  it(
    'makes a new link for the owner, which everybody shows from then on, while the former one opens nothing but the owner’s place',
    async () => {
      const { url } = await startServer();
      const { ada, others, link } = await seated(url, ['Bob']);
      const [bob] = others as [Visitor];
      expect(await bob.button('New link').isVisible()).toBe(false);
      await ada.press('New link');
      await ada.press('Yes, a new link');
      await ada.hears('There is a new link.');
      const renewed = await ada.field('Link').inputValue();
      expect(renewed).not.toBe(link);
      for (const each of [ada, bob]) {
        await expect.poll(() => each.field('Link').inputValue()).toBe(renewed);
        await expect.poll(() => each.page.url()).toBe(renewed);
      }
      const eve = await arrive(link, 'Eve');
      await eve.askToJoin();
      await eve.hears('This link is broken.');
      const cyd = await arrive(renewed, 'Cyd');
      await cyd.join();
      await bob.page.reload();
      await bob.seesOnly([ada, bob, cyd]);

      await ada.press('Leave workspace');
      // Until the server has answered, the page still has its seat, and would want it back.
      await ada.page.getByText(/^You left /).waitFor();
      await ada.page.goto(url);
      await ada.page.goto(link);
      await ada.join();
      await ada.button('Close workspace').waitFor();
    },
    PATIENCE,
  );

  it(
    'renews the link in the same step in which the owner removes somebody, with keys alone; the others stay and have the new one',
    async () => {
      const { url } = await startServer();
      const { ada, others, link } = await seated(url, ['Bob', 'Cyd']);
      const [bob, cyd] = others as [Visitor, Visitor];
      await ada.tabTo(ada.button('Remove Bob'));
      await ada.page.keyboard.press('Enter');
      await ada.page
        .getByRole('dialog', { name: 'Remove Bob from the workspace?' })
        .getByText('can come back with the link')
        .waitFor();
      await ada.tabTo(ada.button('Remove and renew the link'));
      await ada.page.keyboard.press('Enter');
      await bob.heading('You were removed').waitFor();
      await ada.hears('There is a new link.');
      await ada.seesOnly([ada, cyd]);
      const renewed = await ada.field('Link').inputValue();
      expect(renewed).not.toBe(link);
      await expect.poll(() => cyd.field('Link').inputValue()).toBe(renewed);

      await bob.page.goto(link);
      await bob.page.reload();
      await bob.askToJoin();
      await bob.hears('This link is broken.');
    },
    PATIENCE,
  );

  it(
    'notices a link that is opened in the very moment in which it is drawn',
    async () => {
      const { url } = await startServer();
      const { link } = await seated(url, []);
      const bob = await arrive(url, 'Bob');
      await bob.page.addInitScript((token) => {
        new MutationObserver((_, observer) => {
          if (!document.querySelector('form')) return;
          observer.disconnect();
          location.hash = token;
        }).observe(document, { childList: true, subtree: true });
      }, new URL(link).hash);
      await bob.page.reload();
      await bob.join();
    },
    PATIENCE,
  );

  it(
    'gives everybody who reloads, the owner too, their seat, their call and their muted microphone again',
    async () => {
      const { url } = await startServer();
      const { ada, others, all } = await call(url, ['Bob', 'Cyd']);
      const [bob] = others as [Visitor];
      await bob.press('Mute');
      await bob.page.reload();
      await fullMesh(all);
      await bob.button('Unmute').waitFor();
      await expect.poll(() => ada.isShownMuted('Bob'), SOON).toBe(true);
      await ada.page.reload();
      await fullMesh(all);
      await ada.button('End call').waitFor();
      for (const each of all) expect(await each.openConnections()).toBe(2);
    },
    PATIENCE,
  );

  it(
    'tells the first of two tabs that the other one is used now, and takes the seat back where that is wanted',
    async () => {
      const { url } = await startServer();
      const { ada, others } = await call(url, ['Bob']);
      const [bob] = others as [Visitor];
      const second = await bob.duplicateTab();
      await bob.heading('Opened in another tab').waitFor();
      await fullMesh([ada, second]);
      expect(await bob.openConnections()).toBe(0);
      expect(await bob.captures()).toEqual([]);
      await bob.press('Use it here');
      await second.heading('Opened in another tab').waitFor();
      await fullMesh([ada, bob]);
    },
    PATIENCE,
  );

  it(
    'gives two people the full picture, none to a hidden tab, and small ones, with a word about it, where a device is busy',
    async () => {
      const { url } = await startServer();
      const { ada, others } = await call(url, ['Bob'], {});
      const [bob] = others as [Visitor];
      for (const [one, other] of [
        [ada, bob],
        [bob, ada],
      ] as const) {
        await expect.poll(() => one.pictureHeight(other.name), { timeout: 20_000 }).toBe(360);
      }

      await bob.hideTab(true);
      await expect.poll(() => ada.sendsPictures(), SOON).toBe(false);
      expect(await bob.sendsPictures()).toBe(true);
      await bob.hideTab(false);
      await fullMesh([ada, bob]);

      const tiles = await ada.tileBoxes();
      const free = await ada.keepBusy();
      await ada.hears('Pictures are small because this device is busy.');
      expect(await ada.tileBoxes()).toEqual(tiles);
      await free();
      await expect.poll(() => bob.pictureHeight('Ada'), SOON).toBeLessThanOrEqual(180);
      await expect.poll(() => ada.pictureHeight('Bob'), SOON).toBeLessThanOrEqual(180);
      await fullMesh([ada, bob]);
    },
    PATIENCE,
  );
});
