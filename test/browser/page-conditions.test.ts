import { expect, it } from 'vitest';
import { Random } from '../client/random.ts';
import { startServer } from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';
import { cuttingProxy } from './cutting-proxy.ts';
import { light, peopleIn } from './people.ts';
import { strippingProxy } from './stripping-proxy.ts';
import { fullMesh, setClock, type Visitor } from './visitors.ts';

const PATIENCE = 60_000;
/** Long enough for every change that a person sees within a moment. */
const SOON = { timeout: 10_000 };

describeInChromium('The page', (browser) => {
  const { arrive, seated, call } = peopleIn(browser);

  it(
    'says that the server is lost, while the call goes on, and says no more of it once the server is back',
    async () => {
      const { url } = await startServer();
      const proxy = await cuttingProxy(url);
      const { ada, others } = await call(proxy.url, ['Bob'], { isLight: true, losesNetwork: true });
      const [bob] = others as [Visitor];
      const banner = ada.page.getByText('Your call goes on while we reconnect.');
      const away = proxy.away(9_000);
      await banner.waitFor();
      await ada.seesMoving(['Bob'], 8_000);
      expect((await ada.tiles()).Bob).toBe('connected');
      await away;
      await banner.waitFor({ state: 'detached' });
      await fullMesh([ada, bob]);
      await ada.press('Mute');
      await expect.poll(() => bob.isShownMuted('Ada'), SOON).toBe(true);
    },
    PATIENCE,
  );

  it(
    'leaves the call for good, although the server cannot be told at once',
    async () => {
      const { url } = await startServer();
      const proxy = await cuttingProxy(url);
      const { ada, others } = await call(proxy.url, ['Bob'], { isLight: true, losesNetwork: true });
      const [bob] = others as [Visitor];
      const away = proxy.away(1_000);
      await bob.page.getByText('Your call goes on while we reconnect.').waitFor();
      await bob.press('Leave call');
      await bob.button('Leave call').waitFor({ state: 'detached' });
      expect(await bob.openConnections()).toBe(0);
      await away;
      await expect.poll(async () => (await ada.tiles()).Bob, { timeout: 5_000 }).toBe(null);
      await ada.reads('Bob', 'Not on the call');
      expect(await bob.button('Leave call').isVisible()).toBe(false);
      expect(await bob.openConnections()).toBe(0);
    },
    PATIENCE,
  );

  it(
    'says what to do where camera and microphone are not allowed, and lets one see and hear the others nevertheless',
    async () => {
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada');
      const link = await ada.createWorkspace();
      const bob = await arrive(link, 'Bob', { ...light, refusesDevices: true });
      await bob.hears('Camera and microphone are not allowed');
      await bob.hears('You can also go on without');
      await bob.join();
      await ada.startCall([bob]);
      await bob.press('Accept');
      await Promise.all([ada.isConnectedWith([bob]), bob.isConnectedWith([ada])]);
      await bob.seesMoving(['Ada']);
      await expect.poll(() => bob.playsSoundOf('Ada'), SOON).toBe(true);
      await expect.poll(() => ada.isShownMuted('Bob'), SOON).toBe(true);
      expect(await ada.showsPictureOf('Bob')).toBe(false);
    },
    PATIENCE,
  );

  it(
    'turns on only the device that a person asked for, and asks for no camera after a reload with the camera off',
    async () => {
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada', { ...light, hasBusyCamera: true });
      await ada.hears('Another program uses the camera or the microphone');
      await ada.press('Mute');
      await ada.freeCamera();
      await ada.press('Camera on');
      await ada.button('Camera off').waitFor();
      await ada.button('Unmute').waitFor();
      // The buttons show what a person wants; the browser takes a moment to open the camera.
      await expect.poll(() => ada.captures(), SOON).toEqual(['audio muted', 'video']);
      expect(await ada.askedFor()).toEqual(['audio video', 'audio', 'video', 'video']);

      await ada.press('Camera off');
      expect(await ada.captures()).toEqual(['audio muted']);
      await ada.page.reload();
      await expect.poll(() => ada.captures(), SOON).toEqual(['audio muted']);
      await ada.freeCamera();
      await ada.press('Unmute');
      await expect.poll(() => ada.captures(), SOON).toEqual(['audio']);
      expect(await ada.askedFor()).toEqual(['audio']);
      await ada.press('Camera on');
      await expect.poll(() => ada.captures(), SOON).toEqual(['audio', 'video']);
      // Chromium without a head gives cameras new ids at a reload, so the chosen one is missing, and another one will do.
      expect(new Set((await ada.askedFor()).slice(1))).toEqual(new Set(['video']));
    },
    PATIENCE,
  );

  it(
    'works for people who block site data and have no sound, and shows them the server’s time if their clocks are wrong',
    async () => {
      const { url } = await startServer();
      const odd = { ...light, blocksSiteData: true, clockAheadMs: 14 * 60_000 };
      const { ada, others } = await call(url, ['Bob'], odd);
      const both = [ada, ...others];
      const time = (visitor: Visitor) => visitor.page.getByRole('timer', { name: 'Time of the call' }).textContent();
      for (const each of both) await expect.poll(() => time(each), SOON).toMatch(/^00:0[2-9]$/);
      for (const { page } of both) await page.evaluate(setClock, -60 * 60_000);
      for (const each of both) await expect.poll(() => time(each), SOON).toMatch(/^00:(0[4-9]|1\d)$/);
    },
    PATIENCE,
  );

  it(
    'shows the time that a call has left, also to people whose clocks are wrong, and lets the owner add to it',
    async () => {
      const { url } = await startServer({ MAX_CALL_MINUTES: '0.2', CALL_WARNING_SECONDS: '8' });
      const { ada, others } = await call(url, ['Bob'], { ...light, clockAheadMs: 60 * 60_000 });
      const [bob] = others as [Visitor];
      const both = [ada, bob];
      const left = ({ page }: Visitor) => page.getByRole('timer', { name: 'Time left', exact: true }).textContent();
      for (const each of both) await expect.poll(() => left(each), SOON).toMatch(/^00:(1[0-2]|0\d) left$/);
      await Promise.all(both.map((each) => each.hears(/^The call ends in [78] seconds\.$/)));
      await Promise.all(both.map((each) => each.hears('The time was over, and the call has ended.')));

      await ada.startCall([bob]);
      await bob.press('Accept');
      await ada.press('Add 5 minutes');
      for (const each of both) await expect.poll(() => left(each), SOON).toMatch(/^05:(1[0-2]|0\d) left$/);
      await Promise.all(both.map((each) => each.hears('The call was extended.')));
      expect(await bob.button('Add 5 minutes').count()).toBe(0);
    },
    PATIENCE,
  );

  it(
    'shows who is muted or has the camera off, to those who come later too',
    async () => {
      const { url } = await startServer();
      const { ada, others, link } = await call(url, ['Bob']);
      const [bob] = others as [Visitor];
      await bob.press('Mute');
      await expect.poll(() => ada.isShownMuted('Bob'), SOON).toBe(true);
      expect(await ada.showsPictureOf('Bob')).toBe(true);
      await bob.press('Camera off');
      await expect.poll(() => ada.showsPictureOf('Bob'), SOON).toBe(false);

      const cyd = await arrive(link, 'Cyd');
      await cyd.join();
      await cyd.press('Accept');
      await Promise.all([cyd.isConnectedWith([ada, bob]), bob.isConnectedWith([ada, cyd])]);
      expect(await cyd.isShownMuted('Bob')).toBe(true);
      expect(await cyd.showsPictureOf('Bob')).toBe(false);
      expect(await cyd.isShownMuted('Ada')).toBe(false);

      await bob.press('Unmute');
      await bob.press('Camera on');
      for (const each of [ada, cyd]) {
        await expect.poll(() => each.isShownMuted('Bob'), SOON).toBe(false);
        await expect.poll(() => each.showsPictureOf('Bob'), SOON).toBe(true);
      }
      await fullMesh([ada, bob, cyd]);
    },
    PATIENCE,
  );

  it(
    'lets people leave the call and the workspace, and come back with the link',
    async () => {
      const { url } = await startServer();
      const { ada, others } = await call(url, ['Bob', 'Cyd']);
      const [bob, cyd] = others as [Visitor, Visitor];
      await bob.press('Share screen');
      await bob.button('Stop sharing').waitFor();
      expect(await bob.captures()).toContain('screen');
      await bob.press('Leave call');
      await bob.page.getByText('The call goes on without you. Ada can ring you again.').waitFor();
      expect(await bob.captures()).not.toContain('screen');
      await ada.hears('Bob left the call.');
      await ada.reads('Bob', 'Not on the call');
      expect(await bob.openConnections()).toBe(0);
      await Promise.all([ada.isConnectedWith([cyd]), cyd.isConnectedWith([ada])]);
      await ada.press('Ring Bob');
      await bob.press('Accept');
      await bob.isConnectedWith([ada, cyd]);

      await cyd.press('Leave workspace');
      await cyd.page.getByText('You left Atelier.').waitFor();
      for (const each of [ada, bob]) await each.seesOnly([ada, bob]);
      await ada.hears('Cyd left.');
      await cyd.join();
      // During a call the owner's page rings everybody who sits down.
      await cyd.press('Accept');
      await fullMesh([ada, bob, cyd]);
    },
    PATIENCE,
  );

  it(
    'tells everybody that the owner closed the workspace, and the link opens it no more',
    async () => {
      const { url } = await startServer();
      const { ada, others, link } = await call(url, ['Bob']);
      const [bob] = others as [Visitor];
      await bob.tile('Ada').getByText('Owner', { exact: true }).waitFor();
      await ada.press('Close workspace');
      await ada.press('Cancel');
      await ada.press('Close workspace');
      await ada.press('Yes, close it');
      for (const each of [ada, bob]) {
        await each.heading('The workspace is closed').waitFor();
        expect(await each.openConnections()).toBe(0);
        // Nothing that happened there matters any more.
        expect(await each.page.locator('.toast').count()).toBe(0);
      }
      const cyd = await arrive(link, 'Cyd');
      await cyd.askToJoin();
      await cyd.hears('This workspace does not exist any more.');
    },
    PATIENCE,
  );

  it.each([
    [
      'the server is told',
      async () => {
        const { url } = await startServer({ BASE_PATH: '/calls/' });
        return `${url}/calls/`;
      },
    ],
    ['a proxy takes away', async () => strippingProxy((await startServer()).url, '/calls')],
  ])(
    'works under a path that %s',
    async (_, serve) => {
      const address = await serve();
      const { ada, others, all, link } = await call(address, ['Bob']);
      expect(link.startsWith(`${address}#`)).toBe(true);
      await fullMesh(all);
      await ada.page.reload();
      await ada.press('End call');
      await others[0]?.hears('The call has ended.');
    },
    PATIENCE,
  );

  it(
    'runs no script and no style that is not its own, and asks for nothing elsewhere',
    async () => {
      const { url } = await startServer();
      const policy = (await fetch(url)).headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe-(inline|eval|hashes)/);
      const ada = await arrive(url, 'Ada');
      const asked: string[] = [];
      ada.page.on('request', (request) => asked.push(request.url()));
      await ada.page.reload();
      await ada.createWorkspace();
      await ada.press('QR code');
      await ada.page.getByRole('img', { name: 'QR code of the link' }).waitFor();
      expect(asked.length).toBeGreaterThan(2);
      expect(asked.filter((address) => !address.startsWith(`${url}/`))).toEqual([]);
      // The policy stops this, and the test notices.
      await ada.page.evaluate(() => document.body.setAttribute('style', 'color: red'));
      await expect.poll(() => ada.complaints.length, SOON).toBe(1);
      expect(ada.complaints.pop()).toMatch(/Content Security Policy/i);
    },
    PATIENCE,
  );

  it(
    'needs no mouse: to create, to copy the link, to start the call and to accept it',
    async () => {
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada');
      const { keyboard } = ada.page;
      await ada.tabTo(ada.field('Your name'));
      await keyboard.type('Ada');
      await ada.tabTo(ada.field('Workspace name'));
      await keyboard.type('Atelier');
      await ada.tabTo(ada.field('PIN'));
      await ada.tabTo(ada.button('Create workspace'));
      await keyboard.press('Enter');
      await expect.poll(() => ada.isFocused(ada.heading('Atelier')), SOON).toBe(true);

      await ada.tabTo(ada.button('Copy link'));
      await keyboard.press('Enter');
      await ada.hears('The link is copied.');
      const link = await ada.page.evaluate(() => navigator.clipboard.readText());
      expect(link).toBe(await ada.field('Link').inputValue());

      const bob = await arrive(link, 'Bob');
      await bob.tabTo(bob.field('Your name'));
      await bob.page.keyboard.type('Bob');
      await bob.page.keyboard.press('Enter');
      await bob.tile('Bob').waitFor();

      await ada.tile('Bob').waitFor();
      await ada.tabTo(ada.button('Start call'), 'Shift+Tab');
      await keyboard.press('Enter');
      await bob.button('Accept').waitFor();
      await expect.poll(() => bob.isFocused(bob.button('Accept')), SOON).toBe(true);
      await bob.page.keyboard.press('Enter');
      await fullMesh([ada, bob]);
      for (const each of [ada, bob]) expect(await each.hasFocus()).toBe(true);

      await ada.tabTo(ada.button('Remove Bob'));
      await keyboard.press('Enter');
      const dialog = ada.page.getByRole('dialog', { name: 'Remove Bob from the workspace?' });
      await dialog.waitFor();
      await keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      expect(await ada.isFocused(ada.button('Remove Bob'))).toBe(true);
      await keyboard.press('m');
      await expect.poll(() => bob.isShownMuted('Ada'), SOON).toBe(true);
      await keyboard.press('Enter');
      await ada.tabTo(ada.button('Yes, remove'));
      await keyboard.press('Enter');
      await ada.seesOnly([ada]);
      expect(await ada.hasFocus()).toBe(true);
    },
    PATIENCE,
  );

  it(
    'leaves the focus of somebody who is typing alone when a call comes in, and says who is calling',
    async () => {
      const { url } = await startServer();
      const { ada, others } = await seated(url, ['Bob']);
      const [bob] = others as [Visitor];
      await bob.press('QR code');
      await ada.startCall([bob]);
      await bob.hears('Ada is calling');
      expect(await bob.isFocused(bob.button('Accept'))).toBe(false);
      await bob.page.keyboard.press('Escape');
      await bob.press('Accept');
      await fullMesh([ada, bob]);
    },
    PATIENCE,
  );

  it(
    'names every control, has one main part and one first heading, wherever one is',
    async () => {
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada');
      await ada.heading('Create a workspace').waitFor();
      await isAccessible(ada);
      await ada.press('I was sent a link');
      await ada.heading('Join a workspace').waitFor();
      await isAccessible(ada);
      await ada.press('Create your own instead');
      const link = await ada.createWorkspace({ workspace: 'Atelier' });
      await isAccessible(ada);
      const bob = await arrive(link, 'Bob');
      await bob.join();
      await ada.startCall([bob]);
      await bob.button('Accept').waitFor();
      await isAccessible(bob);
      await bob.press('Accept');
      await bob.isConnectedWith([ada]);
      for (const each of [ada, bob]) await isAccessible(each);
      await ada.press('Devices');
      await ada.page.getByRole('dialog', { name: 'Devices' }).waitFor();
      await isAccessible(ada);
      await ada.page.keyboard.press('Escape');
      await ada.press('Remove Bob');
      await ada.press('Yes, remove');
      await bob.heading('You were removed').waitFor();
      await isAccessible(bob);
    },
    PATIENCE,
  );

  it(
    'keeps its word through a long evening of people who come, go, ring and reload',
    async () => {
      const random = new Random(7);
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada');
      const link = await ada.createWorkspace({ workspace: 'Atelier' });
      const guests = await Promise.all(['Bob', 'Cyd', 'Dan'].map((name) => arrive(link, name)));
      const all = [ada, ...guests];
      const story: string[] = [];
      for (let step = 0; step < 25; step += 1) story.push(await actAtRandom(random.pick(all), random));

      // At the end everybody is here and on the call.
      const told = () => story.join('; ');
      for (const guest of guests) if (await guest.button('Join').isVisible()) await guest.join();
      await ada.seesOnly(all);
      if (await ada.button('Start call').isVisible()) await ada.press('Start call');
      for (const guest of guests) {
        await expect
          .poll(
            async () => {
              const accept = guest.button('Accept');
              if (await accept.isVisible()) await accept.click();
              const ring = ada.button(`Ring ${guest.name}`);
              if (await ring.isVisible()) await ring.click();
              return guest.button('Leave call').isVisible();
            },
            { timeout: 20_000, message: `${guest.name} is on the call after: ${told()}` },
          )
          .toBe(true);
      }
      await fullMesh(all, 30_000).catch((error) => {
        throw new Error(`${error}\nafter: ${told()}`);
      });
      for (const each of all) expect(await each.openConnections(), told()).toBe(all.length - 1);
      await ada.press('End call');
      for (const each of all) await expect.poll(() => each.openConnections(), SOON).toBe(0);
    },
    PATIENCE * 2,
  );
});

/** Checks what assistive technology gets of the page: roles, names, and the outline. */
async function isAccessible({ page }: Visitor): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const present = nodes.filter(({ ignored }) => !ignored);
  const controls = ['button', 'textbox', 'combobox', 'checkbox', 'link', 'dialog', 'alertdialog', 'figure', 'image'];
  const role = (node: (typeof nodes)[number]) => String(node.role?.value);
  const nameless = present.filter((node) => controls.includes(role(node)) && !node.name?.value);
  expect(nameless.map((node) => `${role(node)} ${node.backendDOMNodeId}`)).toEqual([]);
  // A modal dialog hides everything else.
  const isModal = present.some((node) => role(node) === 'dialog');
  expect(await page.locator('main').count()).toBe(1);
  if (!isModal) expect(present.filter((node) => role(node) === 'main').length).toBe(1);
  const levels = await page
    .locator('h1, h2, h3, h4')
    .evaluateAll((headings) => headings.map(({ tagName }) => Number(tagName[1])));
  expect(levels.filter((level) => level === 1)).toEqual([1]);
  expect(levels[0]).toBe(1);
  for (const [index, level] of levels.entries()) expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1);
  expect(await page.getByRole('status').count()).toBeGreaterThanOrEqual(1);
}

/** Does one of the things that a person can do right now. @returns its name */
async function actAtRandom(visitor: Visitor, random: Random): Promise<string> {
  const names = ['Join', 'Accept', 'Decline', 'Start call', 'Leave call', 'Leave workspace', 'End call'];
  const isOwner = visitor.name === 'Ada';
  const possible = ['reload'];
  for (const name of names) {
    // The owner stays, and seldom ends the call, which would never get anywhere otherwise.
    if (isOwner && (name === 'Leave workspace' || (name === 'End call' && random.chance(0.7)))) continue;
    const button = visitor.button(name);
    if ((await button.isVisible()) && (await button.isEnabled())) possible.push(name);
  }
  // Steps that bring people together are more frequent than steps that part them.
  const together = possible.find((name) => ['Join', 'Accept', 'Start call'].includes(name));
  const action = together && random.chance(0.7) ? together : random.pick(possible);
  if (action === 'reload') {
    await visitor.page.reload();
    await visitor.button('Leave workspace').or(visitor.button('Join')).waitFor();
  } else if (action === 'Join') await visitor.join();
  // Somebody else may have taken the button away in the meantime.
  else
    await visitor
      .button(action)
      .click({ timeout: 2_000 })
      .catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, random.between(0, 250)));
  return `${visitor.name}: ${action}`;
}
