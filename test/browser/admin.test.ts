import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { newSecret } from '../../src/server/webhooks/signature.ts';
import { attend, connectCall, createWorkspace, startServer } from '../support/fixtures.ts';
import { startReceiver } from '../support/receiver.ts';
import { scrape } from '../support/scrape.ts';
import { describeInChromium } from './chromium.ts';
import { peopleIn } from './people.ts';
import { fullMesh, Visitor } from './visitors.ts';

const PATIENCE = 60_000;

const key = 'Tb9FyKe4MwXj6CpQz1SrGv8NhUd3Al5o';
const reader = 'e4Ck0WzTq6yHn2BvMj8SgLr5DxPf1Uo9';
const API_KEYS = `ops:${key}:admin,reader:${reader}:read`;

/** The buttons, fields and links that have no name for a screen reader, and the ids that stand twice. */
function faults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const nameOf = (element: Element) => {
      const labels = 'labels' in element ? [...((element as HTMLInputElement).labels ?? [])] : [];
      return (
        element.getAttribute('aria-label') || labels.map((label) => label.textContent).join('') || element.textContent
      );
    };
    const nameless = [...document.querySelectorAll('button, input, select, a')].filter((each) => !nameOf(each)?.trim());
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    const dangling = [...document.querySelectorAll('[aria-labelledby], [aria-controls]')].filter((each) => {
      const named = each.getAttribute('aria-labelledby') ?? each.getAttribute('aria-controls') ?? '';
      return !document.getElementById(named);
    });
    return [
      ...nameless.map(({ outerHTML }) => outerHTML),
      ...dangling.map(({ outerHTML }) => outerHTML),
      ...ids.filter((id, at) => ids.indexOf(id) !== at),
      ...(document.documentElement.lang === 'en' ? [] : ['no language']),
      ...(document.querySelectorAll('h1').length === 1 ? [] : ['not one h1']),
    ];
  });
}

describeInChromium('The page for operators', (browser) => {
  const { arrive } = peopleIn(browser);

  /** Refused keys stand in the console of the browser as resources that failed to load. */
  const open = (url: string) => Visitor.arrive(browser(), `${url}/admin`, 'Operator', { losesNetwork: true });

  async function signIn(operator: Visitor, secret = key): Promise<void> {
    await operator.field('API key').fill(secret);
    await operator.press('Sign in');
  }

  it(
    'is there where there is an API, lets only a key in that may operate the server, and forgets it in a reload',
    async () => {
      const { url: without } = await startServer();
      for (const path of ['admin', 'admin/', 'admin/index.html']) {
        expect((await fetch(`${without}/${path}`)).status, path).toBe(404);
      }
      const { url } = await startServer({ API_KEYS });
      const operator = await open(url);
      await operator.press('Sign in');
      await operator.page.getByText('Please enter the secret of the key.').waitFor();
      await signIn(operator, 'nobody-knows-this-key');
      await operator.hears('This key is not known here.');
      await signIn(operator, reader);
      await operator.hears("The key 'reader' has no scope 'admin'");
      // By the keyboard alone.
      await operator.field('API key').fill(key);
      await operator.field('API key').press('Enter');
      await operator.heading('Operations').waitFor();
      expect(await operator.page.evaluate(() => document.activeElement?.tagName)).toBe('H1');

      const kept = await operator.page.evaluate(() =>
        JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
      );
      expect(kept).not.toContain(key);
      expect(operator.page.url()).toBe(`${url}/admin/`);
      await operator.page.reload();
      await operator.field('API key').waitFor();
      await signIn(operator);
      await operator.press('Sign out');
      await operator.field('API key').waitFor();
      expect(await operator.field('API key').inputValue()).toBe('');
    },
    PATIENCE,
  );

  it(
    'shows nodes, calls, people and pairs that failed, ends a call and removes somebody',
    async () => {
      const server = await startServer({ API_KEYS });
      const owner = await createWorkspace(server, { name: 'Ada' });
      const guest = await attend(server, owner, { name: '<b>Bob</b>' });
      await connectCall(owner, guest);
      const report = { ...guest.proof, peer: { id: owner.id }, state: 'failed' };
      await guest.client.must('peer-state', { ...report, reason: 'turn-unauthorized' });
      const operator = await open(server.url);
      const { page } = operator;
      await signIn(operator);

      await page.getByText('ready', { exact: true }).waitFor();
      await page.getByText('2 on the call').waitFor();
      await page.getByText('The TURN server refused the credentials').waitFor();
      await operator.button('People in Room').press('Enter');
      await page.getByText('owner, on the call').waitFor();
      expect(await faults(page)).toEqual([]);

      await operator.press('End the call in Room');
      await operator.press('Cancel');
      await operator.press('End the call in Room');
      await operator.press('End call');
      await operator.hears('The call in Room has ended.');
      await guest.client.notice('hangup');
      await page.getByText('Nobody is on a call.').waitFor();

      // Angle brackets never reach a page.
      await operator.press('Remove bBob/b');
      await operator.press('Remove');
      await operator.hears('bBob/b was removed.');
      expect(await guest.client.notice('kicked')).toMatchObject({ id: guest.id });
      await page.getByText('1 person').waitFor();
      await guest.client.socket.close();
    },
    PATIENCE,
  );

  it(
    'shows the deliveries that failed, and sends one again',
    async () => {
      let isBroken = true;
      const receiver = await startReceiver({ answer: () => (isBroken ? 500 : 204) });
      const server = await startServer({ API_KEYS, WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: newSecret() });
      await createWorkspace(server);
      await receiver.until((received) => received.length === 2);
      const operator = await open(server.url);
      await signIn(operator);
      const created = operator.page.getByRole('listitem').filter({ hasText: 'workspace.created' });
      await created.getByText(receiver.url).waitFor();
      await created.getByText(/^1 attempt, again /).waitFor();
      expect(await faults(operator.page)).toEqual([]);
      isBroken = false;
      await created.getByRole('button').click();
      await operator.hears('It is sent again.');
      await receiver.until((received) => received.length === 3);
      const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
      expect(ids[2]).toBe(ids[0]);
      await created.waitFor({ state: 'detached' });
      await operator.page.getByText('attendee.joined').waitFor();
    },
    PATIENCE,
  );

  it(
    'says that the server is away, and shows it again when it is back',
    async () => {
      const server = await startServer({ API_KEYS });
      const operator = await open(server.url);
      await signIn(operator);
      await operator.heading('Operations').waitFor();
      await operator.page.context().setOffline(true);
      await operator.press('Refresh');
      await operator.hears('The server cannot be reached right now.');
      await operator.page.context().setOffline(false);
      await operator.press('Refresh');
      await operator.page.getByText('The server cannot be reached right now.').waitFor({ state: 'detached' });
    },
    PATIENCE,
  );

  it.each([
    { width: 320, height: 640, colorScheme: 'dark' },
    { width: 1280, height: 800, colorScheme: 'light' },
  ] as const)(
    'has room for long names and many ids on $width pixels',
    async ({ width, height, colorScheme }) => {
      const server = await startServer({ API_KEYS });
      const owner = await createWorkspace(server, { name: 'A'.repeat(100) });
      const guest = await attend(server, owner, { name: 'B'.repeat(100) });
      await connectCall(owner, guest);
      await guest.client.must('peer-state', {
        ...guest.proof,
        peer: { id: owner.id },
        state: 'failed',
        reason: 'x'.repeat(64),
      });
      const operator = await open(server.url);
      const { page } = operator;
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(await overflow()).toBeLessThanOrEqual(0);
      await signIn(operator);
      await operator.button('People in Room').click();
      await operator.button(`Remove ${'B'.repeat(100)}`).waitFor();
      expect(await overflow()).toBeLessThanOrEqual(0);
      expect(await faults(page)).toEqual([]);
    },
    PATIENCE,
  );

  it(
    'leaves the metrics to Prometheus, which know the route of pairs in real browsers',
    async () => {
      const server = await startServer({ METRICS_PORT: '0' });
      const ada = await arrive(server.url, 'Ada', {});
      const bob = await arrive(await ada.createWorkspace(), 'Bob', {});
      await bob.join();
      await ada.startCall([bob]);
      await bob.press('Accept');
      await fullMesh([ada, bob], 30_000);
      const connected = async () => {
        const { value } = await scrape(server);
        return value('mesh_peer_connections_total', { outcome: 'connected', route: 'host', reason: 'none' });
      };
      await expect.poll(connected, { timeout: 15_000 }).toBe(2);
    },
    PATIENCE,
  );
});
