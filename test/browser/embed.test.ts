import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { userToken, withUsers } from '../protocol/users.ts';
import { startApi } from '../server/rest/api.ts';
import { startServer } from '../support/fixtures.ts';
import { freePort } from '../support/free-port.ts';
import { describeInChromium } from './chromium.ts';
import { CONFIDENTIAL, Embedded, EmbeddingPage } from './embedding.ts';
import { light, peopleIn } from './people.ts';

declare global {
  /** An element that is out of the document. */
  var removed: Element;
  /** How often a frame has offered itself as the host. */
  var offers: number | undefined;
  /** Offers a port to the second frame of the page, and asks something by it. @returns what comes back */
  var meet: (opening: string) => unknown[];
  interface Window {
    deviceTracks: MediaStreamTrack[];
  }
}

const guide = readFileSync(new URL('../../docs/embed.md', import.meta.url), 'utf8');

/** The invitation in a link. */
const tokenOf = (link: string) => link.slice(link.indexOf('#') + 1);

describeInChromium('<mesh-call>', (browser) => {
  const { arrive } = peopleIn(browser);

  /** A server, and a page of another site that may embed its calls, as these others may. */
  async function embedding(env: Record<string, string> = {}, others: readonly EmbeddingPage[] = []) {
    const host = await EmbeddingPage.serve();
    const EMBED_ORIGINS = [host, ...others].map(({ origin }) => origin).join();
    const { server, host: api } = await startApi({ EMBED_ORIGINS, ...env });
    host.calls = server.url;
    return { host, url: server.url, api };
  }

  it('has a call with somebody on the page itself, by methods and events, and tells no address anything', async () => {
    const { host, url } = await embedding();
    const ada = await arrive(url, 'Ada');
    const token = tokenOf(await ada.createWorkspace({ workspace: 'Atelier' }));
    host.body = `<mesh-call token="${token}" name="Bob"></mesh-call>`;
    const bob = await Embedded.arrive(browser(), host);
    expect(await bob.hears('mesh-joined')).toMatchObject({
      workspace: { name: 'Atelier' },
      attendee: { name: 'Bob' },
      isOwner: false,
    });
    await ada.startCall([]);
    await bob.inside.getByRole('button', { name: 'Accept', exact: true }).waitFor();
    await bob.do((call) => call.start());
    await bob.hears('mesh-call-started');
    await ada.seesMoving(['Bob']);

    expect(await bob.do((call) => call.toggleMic())).toBe(false);
    await expect.poll(() => ada.isShownMuted('Bob')).toBe(true);
    expect(await bob.do((call) => call.toggleCam())).toBe(false);
    await expect.poll(() => ada.showsPictureOf('Bob')).toBe(false);
    expect(await bob.do((call) => call.toggleCam())).toBe(true);
    await bob.do((call) => call.hangup());
    await bob.hears('mesh-call-ended');
    await bob.do((call) => call.leave());
    expect(await bob.hears('mesh-left')).toEqual({ reason: 'left' });
    const order = ['mesh-ready', 'mesh-joined', 'mesh-call-started', 'mesh-call-ended', 'mesh-left'];
    expect(await bob.heard()).toEqual(order);
    const refused = bob.do((call) => call.start().catch(({ name, code }) => `${name} ${code}`));
    expect(await refused).toBe('MeshCallError NO_SEAT');
    bob.expectSecret(token);
    bob.expectSecret(CONFIDENTIAL, url);
    expect(bob.asked.filter((each) => each.startsWith(`${url}/embed from`))).toEqual([`${url}/embed from nowhere`]);
  });

  it('lets go of camera and microphone when it is removed, and of nothing else: the person comes back', async () => {
    const port = await freePort();
    // The tracks of a frame are in reach only for a page of the same origin.
    const { url } = await startServer({ PORT: String(port), EMBED_ORIGINS: `http://localhost:${port}` });
    const ada = await arrive(url, 'Ada');
    const token = tokenOf(await ada.createWorkspace());
    const host = await EmbeddingPage.serve();
    host.calls = url;
    host.body = `<mesh-call token="${token}" name="Bob"></mesh-call>`;
    const bob = await Embedded.arrive(browser(), host, { ...light, insteadOf: `${url}/visit` });
    const first = await bob.hears('mesh-joined');
    await ada.startCall([]);
    await bob.press('Accept');
    await ada.seesMoving(['Bob']);
    await bob.do((call) => {
      globalThis.deviceTracks = call.shadowRoot?.querySelector('iframe')?.contentWindow?.deviceTracks ?? [];
    });
    const live = () => bob.page.evaluate(() => deviceTracks.filter(({ readyState }) => readyState === 'live').length);
    expect(await live()).toBe(2);
    const refused = bob.do((call) => {
      const asked = call.toggleMic().catch(({ code }) => code);
      globalThis.removed = call;
      call.remove();
      return asked;
    });
    expect(await refused).toBe('NOT_HERE');
    await expect.poll(live, { timeout: 1_000 }).toBe(0);
    await bob.heard();
    await bob.page.evaluate(() => document.body.append(removed));
    expect(await bob.hears('mesh-joined')).toEqual(first);
    await bob.hears('mesh-call-started');
    await ada.seesMoving(['Bob']);
  });

  it('follows its attributes: language, name, controls, and the way into another workspace', async () => {
    const { host, url } = await embedding();
    const [ada, zoe] = await Promise.all([arrive(url, 'Ada'), arrive(url, 'Zoe')]);
    const [atelier, studio] = await Promise.all([ada.createWorkspace(), zoe.createWorkspace()]);
    host.body = `<mesh-call token="${tokenOf(atelier)}" name="Bob" lang="de-AT"></mesh-call>`;
    const bob = await Embedded.arrive(browser(), host);
    const mute = bob.inside.getByRole('button', { name: 'Mute', exact: true });
    await bob.inside.getByRole('button', { name: 'Ton aus', exact: true }).waitFor();
    await bob.do((call) => {
      call.lang = 'xx';
      call.name = 'Robert';
      call.controls = 'none';
    });
    await ada.tile('Robert').waitFor();
    await expect.poll(() => bob.inside.locator('html').getAttribute('lang')).toBe('en');
    await mute.waitFor({ state: 'hidden' });
    await bob.do((call) => call.removeAttribute('controls'));
    await mute.waitFor();
    // A whole link is as good as its token.
    await bob.do((call, link) => call.setAttribute('token', link), studio);
    await zoe.tile('Robert').waitFor();
    await ada.tile('Robert').waitFor({ state: 'detached' });
    expect(await bob.heard()).toEqual(['mesh-ready', 'mesh-joined', 'mesh-left', 'mesh-joined']);
    bob.expectSecret(tokenOf(studio));
  });

  it('takes user tokens and owner links without a question, into the waiting room too, and says what it refuses', async () => {
    const { host, api } = await embedding(withUsers);
    const { workspace, owner } = await api.create({ externalId: 'visit-1', admission: 'ask', callMinutes: 1.1 });
    host.body = `<mesh-call token="${owner.url}"></mesh-call>`;
    const doctor = await Embedded.arrive(browser(), host);
    expect(await doctor.hears('mesh-joined')).toMatchObject({ workspace: { id: workspace.id }, isOwner: true });
    const token = userToken('bob', { name: 'Bob', mesh: { workspace: 'visit-1' } });
    host.body = `<mesh-call token="${token}"></mesh-call>`;
    // Many browsers let a frame of another site keep nothing.
    const patient = await Embedded.arrive(browser(), host, { ...light, blocksSiteData: true });
    expect(await patient.hears('mesh-waiting')).toMatchObject({ place: 1 });
    await doctor.press('Admit Bob');
    expect(await patient.hears('mesh-joined')).toMatchObject({ attendee: { name: 'Bob' } });
    await doctor.tile('Bob').waitFor();
    await doctor.do((call) => call.start());
    await patient.press('Accept');
    await Promise.all([doctor.hears('mesh-call-started'), patient.hears('mesh-call-started')]);
    expect(await patient.hears('mesh-call-ending')).toMatchObject({ secondsLeft: expect.any(Number) });
    // The owner ends the call for both.
    await doctor.do((call) => call.hangup());
    await patient.hears('mesh-call-ended');
    // A fresh token for the same visit changes nothing now; one for another visit leads there.
    await patient.heard();
    const fresh = userToken('bob', { name: 'Robert', mesh: { workspace: 'visit-1' } });
    await patient.do((call, given) => call.setAttribute('token', given), fresh);
    const next = await api.create({ externalId: 'visit-2' });
    const other = userToken('bob', { name: 'Bob', mesh: { workspace: 'visit-2' } });
    await patient.do((call, given) => call.setAttribute('token', given), other);
    expect(await patient.hears('mesh-joined')).toMatchObject({ workspace: { id: next.workspace.id } });
    expect(await patient.heard()).toEqual(['mesh-left', 'mesh-joined']);
    await patient.do((call) => {
      call.token = 'eyJ.nothing.x';
      call.name = 'Bob';
    });
    expect(await patient.hears('mesh-error')).toMatchObject({ code: 'INVALID_TOKEN' });
    patient.expectSecret(token);
    doctor.expectSecret(owner.token);
  });

  it('is a call in a page of somebody else with the page of docs/embed.md, as printed', async () => {
    const { host, url } = await embedding();
    const [, page = ''] = /```html\n([\s\S]*?)```/.exec(guide) ?? [];
    expect(page).toContain('<mesh-call');
    host.body = page.replaceAll('http://localhost:9090', url).replaceAll('<script ', '<script nonce="mine" ');
    const ada = await Embedded.arrive(browser(), host);
    await ada.inside.getByRole('textbox', { name: 'Workspace name' }).fill('Atelier');
    await ada.press('Create workspace');
    await ada.page.getByText('Ada is in Atelier').waitFor();
  });

  it('is blocked where EMBED_ORIGINS does not name the page, or any page around that one; and says so', async () => {
    const { host, url } = await embedding();
    host.body = '<mesh-call></mesh-call>';
    const stranger = await EmbeddingPage.serve();
    stranger.calls = url;
    stranger.frames = [host.origin];
    stranger.body = `<mesh-call></mesh-call><iframe id="around" src="${host.url}"></iframe><iframe src="${url}/"></iframe>`;
    const visitor = await Embedded.arrive(browser(), stranger, { ...light, seesFramesRefused: true });
    expect(await visitor.hears('mesh-error')).toMatchObject({
      code: 'NO_ANSWER',
      message: expect.stringContaining(`EMBED_ORIGINS must hold ${stranger.origin}.`),
    });
    // Neither these frames nor the one within the page that may have one.
    const frames = visitor.page.frames().filter((frame) => frame.url().startsWith(url));
    expect(frames).toEqual([]);
    expect(visitor.page.frames().filter((frame) => frame.url() === 'chrome-error://chromewebdata/')).toHaveLength(3);
    for (const path of ['', 'admin/', 'status', 'phone', 'client.js']) {
      const { headers } = await fetch(`${url}/${path}`);
      expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'");
      expect(headers.get('x-frame-options'), path).toBe('SAMEORIGIN');
    }
    const embed = await fetch(`${url}/embed`);
    expect(embed.headers.get('content-security-policy')).toContain(`frame-ancestors ${host.origin}`);
    expect(embed.headers.get('x-frame-options')).toBeNull();
    const { url: closed } = await startServer();
    expect((await fetch(`${closed}/embed`)).status).toBe(404);
  });

  it('listens to the page around it alone, and only once: to no frame beside it, and to no second handshake', async () => {
    const stranger = await EmbeddingPage.serve();
    // It may hold calls too, but not this one: it stands beside the call, and offers itself as the host all the time.
    const { host, url } = await embedding({}, [stranger]);
    stranger.calls = url;
    stranger.body = `<script nonce="mine">
      let offers = 0;
      setInterval(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => parent.postMessage({ taken: data }, '*');
        parent[1].postMessage('mesh-workspaces.embed.1', '*', [port2]);
        offers += 1;
        parent.postMessage({ offers }, '*');
      }, 20);
    </script>`;
    host.frames = [stranger.origin];
    host.body = `<iframe src="${stranger.url}"></iframe><iframe src="${url}/embed"></iframe>
      <script nonce="mine">
        addEventListener('message', ({ data }) => {
          if (data.taken) heard.push(data.taken);
          globalThis.offers = data.offers;
        });
        globalThis.meet = (opening) => {
          const { port1, port2 } = new MessageChannel();
          const answers = [];
          port1.onmessage = ({ data }) => answers.push(data);
          frames[1].postMessage(opening, '*', [port2]);
          port1.postMessage({ id: 7, command: 'toggleMic' });
          return answers;
        };
      </script>`;
    const bob = await Embedded.arrive(browser(), host);
    const offered = await bob.page.evaluate(() => offers);
    await bob.page.waitForFunction((before) => (offers ?? 0) > before + 10, offered ?? 0);
    const answers = await bob.page.evaluate(async () => {
      const wrong = meet('mesh-workspaces.embed');
      const first = meet('mesh-workspaces.embed.1');
      const second = meet('mesh-workspaces.embed.1');
      while (first.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
      const third = meet('mesh-workspaces.embed.1');
      // A later message to the same window, and its answer by the port that counts.
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { wrong, first, second, third };
    });
    const ready = { event: 'mesh-ready', detail: null };
    const muted = { id: 7, result: false, failure: null };
    expect(answers).toEqual({ wrong: [], first: [ready, muted], second: [], third: [] });
    expect(await bob.page.evaluate(() => heard)).toEqual([]);
    // In a tab of its own it is the page itself, and nobody's.
    await bob.page.goto(`${url}/embed`);
    await bob.page.getByRole('button', { name: 'Create workspace' }).waitFor();
    expect(bob.page.url()).toBe(`${url}/`);
  });
});
