import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import type { MeshClient } from '../../src/client/mesh-client.ts';
import { clientScript, recorderScript } from './client-script.ts';

/** The globals in the page of a participant: the client library, and a client. */
declare global {
  var mesh: { MeshClient: typeof MeshClient };
  var client: MeshClient;
}

/** The URL of an empty page with the client library, on an origin of its own. @param records whether it has the recorder too */
export async function hostPage({ records = false } = {}): Promise<string> {
  const scripts = new Map([['/client.js', await clientScript()]]);
  if (records) scripts.set('/recorder.js', await recorderScript());
  const tags = [...scripts.keys()].map((path) => `<script src="${path}"></script>`).join('');
  const server = createServer((request, response) => {
    const script = scripts.get(request.url ?? '');
    response.setHeader('Content-Type', script === undefined ? 'text/html' : 'text/javascript');
    response.end(script ?? `<!doctype html><title>host</title>${tags}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://localhost:${(server.address() as AddressInfo).port}/`;
}

export interface ParticipantOptions {
  /** The server. */
  url: string;
  deadlineMs?: number;
  iceTransportPolicy?: RTCIceTransportPolicy;
}

/** Looks at a page every 100 ms. By default Playwright looks at every frame, and has the browser draw one each time. */
const looks = { polling: 100 };

/** A person in front of a browser. */
export class Participant {
  readonly page: Page;
  readonly name: string;
  readonly errors: string[] = [];
  readonly #options: ParticipantOptions;

  constructor(page: Page, name: string, options: ParticipantOptions) {
    this.page = page;
    this.name = name;
    this.#options = options;
    page.on('pageerror', (error) => this.errors.push(error.message));
  }

  /** Opens a page in a profile of its own, and the devices. */
  static async open(browser: Browser, host: string, name: string, options: ParticipantOptions): Promise<Participant> {
    const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(host);
    const participant = new Participant(page, name, options);
    await participant.start();
    return participant;
  }

  /** Starts the client, as the page of a host application does when it is loaded. */
  async start(): Promise<void> {
    await this.page.evaluate(async (options) => {
      globalThis.client = new mesh.MeshClient(options);
      await client.media.open();
    }, this.#options);
  }

  create(pin?: string): Promise<string> {
    return this.page.evaluate(
      async ([name, pin]) => {
        await client.create({ workspace: pin === undefined ? {} : { pin }, attendee: { name } });
        return client.state.value.seat?.workspace.token ?? '';
      },
      [this.name, pin] as const,
    );
  }

  attend(token: string, pin?: string): Promise<void> {
    return this.page.evaluate(
      ([name, token, pin]) => client.attend({ token, ...(pin === undefined ? {} : { pin }), attendee: { name } }),
      [this.name, token, pin] as const,
    );
  }

  /** Rings everybody, once this many people are seated. */
  async startCall(seated: number): Promise<void> {
    await this.page.waitForFunction((count) => client.state.value.seat?.attendees.length === count, seated, looks);
    await this.page.evaluate(() => client.startCall());
  }

  async accept(): Promise<void> {
    await this.page.waitForFunction(() => client.state.value.incoming !== null, null, looks);
    await this.page.evaluate(() => client.accept());
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.start();
    await this.page.evaluate(() => client.restore());
  }

  /**
   * Waits until this side is connected with this many others, and their pictures move. A person who has just reloaded is
   * still connected by the page before, until this side hears of the new one: pictures of a connection that is replaced
   * while they are watched say nothing, and those of the new one are watched instead.
   */
  async connectedWith(others: number, timeout = 20_000): Promise<void> {
    do {
      await this.page
        .waitForFunction(
          (count) => {
            const peers = Object.values(client.state.value.peers);
            return (
              peers.length === count && peers.every(({ state, stream }) => state === 'connected' && stream !== null)
            );
          },
          others,
          { ...looks, timeout },
        )
        .catch(async () => {
          throw new Error(`${this.name} is not connected with ${others}: ${JSON.stringify(await this.peers())}`);
        });
    } while ((await this.#watchPictures(others)) === 'replaced');
  }

  peers(): Promise<{ state: string; reason: string | null; route: string | null }[]> {
    return this.page.evaluate(() =>
      Object.values(client.state.value.peers).map(({ state, reason, route }) => ({ state, reason, route })),
    );
  }

  /** Plays all incoming streams, and waits until each picture moves, by two frames a second at least. */
  async #watchPictures(others: number): Promise<'moved' | 'replaced'> {
    const moved = await this.page.evaluate(async (others) => {
      const incoming = () => Object.values(client.state.value.peers).flatMap(({ stream }) => stream ?? []);
      const streams = incoming();
      const replaced = () => {
        const now = incoming();
        return now.length !== others || now.some((stream) => !streams.includes(stream));
      };
      const moves = async (stream: MediaStream) => {
        const video = document.createElement('video');
        video.muted = true;
        video.srcObject = stream;
        video.width = 160;
        document.body.append(video);
        // A stream that ends before its first picture fails here; its frames, or that it was replaced, tell the same.
        void video.play().catch(() => undefined);
        const frames = () => video.getVideoPlaybackQuality().totalVideoFrames;
        const until = async (count: number, ms: number) => {
          const end = performance.now() + ms;
          while (frames() < count && !replaced() && performance.now() < end) {
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
          return frames() >= count;
        };
        let hasMoved = false;
        // While connections begin they have the processor first, so the first seconds may be slower.
        if (await until(1, 10_000)) {
          for (let look = 0; look < 5 && !hasMoved; look += 1) hasMoved = await until(frames() + 4, 2_000);
        }
        video.remove();
        return hasMoved;
      };
      const pictures = await Promise.all(streams.map(moves));
      return replaced() ? null : pictures.filter(Boolean).length;
    }, others);
    if (moved === null) return 'replaced';
    if (moved !== others) throw new Error(`${this.name} sees ${moved} pictures move instead of ${others}`);
    return 'moved';
  }
}

/** Waits until everybody is connected with everybody else, pictures moving. */
export async function fullMesh(participants: readonly Participant[], timeout?: number): Promise<void> {
  await Promise.all(participants.map((each) => each.connectedWith(participants.length - 1, timeout)));
}
