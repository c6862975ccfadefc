import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Announcer } from '../../src/recorder/announcer.ts';
import { MemoryPartStore } from '../../src/recorder/memory-part-store.ts';
import type { Part } from '../../src/recorder/part-store.ts';
import { Uploader } from '../../src/recorder/uploader.ts';
import type { Random } from '../client/random.ts';
import { recordedCall } from '../protocol/recording.ts';
import { API_KEYS, Host } from '../server/rest/api.ts';
import { type BuiltServer, emptyFolder, run, secrets } from '../support/built-server.ts';
import { Client, type Seat } from '../support/fixtures.ts';
import { freePort } from '../support/free-port.ts';
import { type Fate, type HttpProxy, httpProxy, type Passed } from '../support/http-proxy.ts';
import { canEncode, packetsOf, someRecording } from './encoded.ts';
import { seededRandom } from './seeded-random.ts';
import { atSoak, figure, patience } from './soak.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A page comes back to the network so often, and tries again at once what it has waited with, ms. */
const NETWORK_AGAIN = 200;

/** A server that is killed and starts again, at the same place. */
class MortalServer {
  readonly folder: string;
  readonly port: number;
  kills = 0;
  #server: BuiltServer;
  #reborn: Promise<unknown>;

  constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.#server = this.#start();
    this.#reborn = this.#server.listening();
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  fileOf(id: string): string {
    return join(this.folder, 'recordings', id);
  }

  /** Resolves when it listens. */
  async lives(): Promise<void> {
    await this.#reborn;
  }

  /** Asks it as a host system does: again, when it was killed meanwhile. */
  async ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      await this.lives();
      const { kills } = this;
      try {
        return await question();
      } catch (error) {
        if (this.kills === kills) throw error;
      }
    }
  }

  /** SIGKILL, and a new start. */
  kill(): void {
    this.kills += 1;
    const victim = this.#server;
    victim.kill('SIGKILL');
    this.#reborn = victim.ended.then(() => {
      this.#server = this.#start();
      return this.#server.listening();
    });
  }

  #start(): BuiltServer {
    return run(this.folder, {
      env: {
        ...secrets,
        API_KEYS,
        PORT: String(this.port),
        BCRYPT_COST: '4',
        CREATES_PER_MINUTE: '1000000',
        SEAT_GRACE_SECONDS: '3600',
        JSON_STORAGE_FILE: join(this.folder, 'rooms.json'),
        RECORDINGS_DIR: join(this.folder, 'recordings'),
      },
    });
  }
}

/** What a tab does that records: its storage outlives it. */
class Tab {
  readonly #store: MemoryPartStore;
  readonly #announcer: Announcer;
  readonly #uploader: Uploader;
  readonly #timer: NodeJS.Timeout;

  constructor(store: MemoryPartStore) {
    this.#store = store;
    this.#announcer = new Announcer(fetch, Promise.resolve(store), () => this.look());
    this.#uploader = new Uploader({
      store,
      fetch,
      share: () => 1,
      now: () => performance.now(),
      onChange: () => this.look(),
    });
    void this.#uploader.run();
    this.#timer = setInterval(() => {
      this.#announcer.askAnew();
      this.#uploader.wake({ isServerBack: true });
      this.look();
    }, NETWORK_AGAIN);
  }

  get hasLost(): boolean {
    return this.#uploader.hasLost || this.#announcer.hasUnsent;
  }

  look(): void {
    void this.#store.parts().then((parts) => this.#announcer.announce(parts));
    this.#uploader.wake();
  }

  kill(): void {
    clearInterval(this.#timer);
    this.#announcer.close();
    this.#uploader.close();
  }
}

function newPart(id: string, { proof }: Seat, recording: string, url: string): Part {
  return {
    id,
    page: 'page',
    workspace: proof.workspace.id,
    attendee: proof.attendee.id,
    recording,
    source: 'camera',
    mimeType: 'video/webm;codecs=vp8,opus',
    startedAt: Date.now(),
    touchedAt: Date.now(),
    proof: { url: `${url}/`, accessToken: proof.accessToken },
    upload: null,
    recorded: 0,
    uploaded: 0,
    end: null,
    isWhole: false,
  };
}

/** Has a recorder give these bytes, in pieces of random sizes. */
async function record(store: MemoryPartStore, tab: () => Tab, id: string, bytes: Buffer, random: Random) {
  for (let offset = 0; offset < bytes.length; ) {
    const size = random.whole(1_000, 200_000);
    await store.append(id, new Uint8Array(bytes.subarray(offset, offset + size)), Date.now());
    offset += size;
    tab().look();
    await sleep(random.whole(0, 30));
  }
  await store.update(id, (part) => ({ ...part, end: { at: Date.now() } }));
  tab().look();
}

/** What a line and its proxies do at random. Proxies take bodies of up to so many bytes. */
function roughLine(random: Random, largest: number): HttpProxy['fateOf'] {
  return ({ size }): Fate | null => {
    if (size > largest) return { status: 413 };
    if (random.chance(0.7)) return null;
    return random.pick<Fate>([
      { arrives: random.whole(0, size) },
      { isUnheard: true },
      { delayMs: random.whole(1, 200) },
      { status: random.pick([502, 503, 504, 429]) },
    ]);
  };
}

/** Bytes that were handed to the server in vain, so that they have to come again. */
function wastedIn(passed: readonly Passed[]): number {
  return passed.filter(({ status }) => status !== 204).reduce((sum, { handedOn }) => sum + handedOn, 0);
}

interface Detail {
  recording: { state: string; parts: { n: number; bytes: number; sha256: string | null; state: string }[] };
}

const kinds = ['killed in the middle of a body', 'killed at the last byte', 'offline', 'killed at random'] as const;

it.skipIf(!canEncode)(
  'Through cuts, proxies and kills, every byte comes, and none more often than it has to',
  {
    timeout: patience(30),
  },
  async () => {
    const random = seededRandom();
    const server = new MortalServer(await emptyFolder(), await freePort());
    await server.lives();
    const media = [await someRecording(3, 800_000), await someRecording(4, 2_000_000)];
    const sum = { parts: 0, bytes: 0, handedOn: 0, wasted: 0, requests: 0, tabs: 0 };
    const rounds = atSoak(kinds.length, 100);
    for (let round = 0; round < rounds; round += 1) {
      const kind = kinds[round % kinds.length] ?? 'offline';
      const host = new Host(server.url);
      const { owner, guest, recording } = await recordedCall({
        connect: (options) => Client.connect(server.url, options),
      });
      await guest.client.must('consent', { ...guest.proof, recording, given: true, text: '1' });
      const proxy = await httpProxy(server.port);
      const largest = random.pick([1_000_000, 300_000, 100_000, 50_000]);
      proxy.fateOf = roughLine(random, largest);
      proxy.isAway = kind === 'offline';
      const store = new MemoryPartStore();
      let tab = new Tab(store);
      const ids = Array.from({ length: random.whole(1, 3) }, (_, index) => `part-${index}`);
      const recorded = ids.map(() => random.pick(media));
      for (const id of ids) await store.add(newPart(id, guest, recording.id, proxy.url));

      let hasKilled = false;
      const killOnce = () => {
        if (hasKilled) return;
        hasKilled = true;
        server.kill();
      };
      const killAt = random.whole(1, 100_000);
      proxy.onBody = ({ handedOn, headers, path }) => {
        if (kind === 'killed in the middle of a body' && handedOn >= killAt) killOnce();
        if (kind !== 'killed at the last byte' || headers['upload-length'] === undefined) return;
        void whenWhole(server.fileOf(path.slice('/uploads/'.length)), Number(headers['upload-length'])).then(killOnce);
      };
      const recordings = ids.map((id, index) => record(store, () => tab, id, recorded[index] as Buffer, random));
      if (kind === 'killed at random') {
        for (let kill = 0; kill < 2; kill += 1) {
          await sleep(random.whole(0, 400));
          server.kill();
          await server.lives();
        }
      }
      await Promise.all(recordings);
      await server.ask(() => host.must('POST', `recordings/${recording.id}/stop`));
      if (kind === 'offline') {
        tab.kill();
        sum.tabs += 1;
        await host.must('DELETE', `workspaces/${owner.workspaceId}`);
        proxy.isAway = false;
        tab = new Tab(store);
      }
      const areWhole = async () => (await store.parts()).map(({ isWhole }) => isWhole);
      await expect
        .poll(areWhole, { timeout: 60_000, interval: 50, message: `round ${round}` })
        .toEqual(ids.map(() => true));
      tab.kill();
      expect(tab.hasLost).toBe(false);
      for (const { client } of [owner, guest]) client.close();

      const detail = async () =>
        (await server.ask(() => host.must<Detail>('GET', `recordings/${recording.id}`))).recording;
      await expect.poll(async () => (await detail()).state, { timeout: 20_000 }).toBe('completed');
      const { parts } = await detail();
      expect(parts.map((part) => part.sha256).sort()).toEqual(recorded.map(sha256).sort());
      for (const { upload } of await store.parts()) {
        const file = server.fileOf(upload?.url.split('/').at(-1) ?? '');
        expect(recorded.map(sha256)).toContain(sha256(await readFile(file)));
        const packets = packetsOf(file);
        expect([packets.video ?? 0, packets.audio ?? 0].every((count) => count > 40)).toBe(true);
      }
      const bytes = recorded.reduce((all, each) => all + each.length, 0);
      const bodies = proxy.passed.filter(({ method }) => method === 'PATCH');
      const handedOn = bodies.reduce((all, each) => all + each.handedOn, 0);
      const wasted = wastedIn(bodies);
      expect(handedOn).toBeGreaterThanOrEqual(bytes);
      // Only what broke off, or went to a server that died, may come again.
      expect(handedOn - wasted).toBeLessThanOrEqual(bytes);
      sum.parts += parts.length;
      sum.bytes += bytes;
      sum.handedOn += handedOn;
      sum.wasted += wasted;
      sum.requests += bodies.length;
    }
    const more = (((sum.handedOn - sum.bytes) * 100) / sum.bytes).toFixed(1);
    figure(
      `rounds of cuts: ${rounds} rounds, ${server.kills} kills of the server, ${sum.tabs} of a tab, ${sum.parts} parts, ${sum.bytes} bytes in ` +
        `${sum.requests} bodies; ${more} % came again`,
    );
  },
);

/** Resolves when a file has all of its bytes. */
async function whenWhole(file: string, size: number): Promise<void> {
  for (const until = performance.now() + 5_000; performance.now() < until; ) {
    if (((await stat(file).catch(() => null))?.size ?? 0) >= size) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
