import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { CommandName, CommandPayload, NoticeName, NoticePayload, Reply } from '../../src/protocol/types.ts';
import { type BuiltServer, emptyFolder, run } from '../support/built-server.ts';
import { compiled } from '../support/compiled.ts';

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' });

/** Why no network namespaces can be had here, or null. */
export function whyNoNamespaces(): string | null {
  const name = `mesh-${process.pid}-probe`;
  const { error, status, stderr } = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (error) return 'ip is missing; on Debian: apt-get install iproute2';
  if (status !== 0) return stderr.trim();
  ip('netns', 'delete', name);
  return null;
}

/** A server in a network namespace of its own, and two more from which clients reach it, each over a link of its own. */
export class Networks {
  readonly #name = (place: string) => `mesh-${process.pid}-${place}`;
  readonly #places = ['server', 'a', 'b'];

  constructor() {
    onTestFinished(() => {
      for (const place of this.#places) spawnSync('ip', ['netns', 'delete', this.#name(place)]);
    });
    for (const place of this.#places) {
      // Whatever a process of the same number has left.
      spawnSync('ip', ['netns', 'delete', this.#name(place)]);
      ip('netns', 'add', this.#name(place));
      this.#ip(place, 'link', 'set', 'lo', 'up');
    }
    for (const place of ['a', 'b']) {
      const peer = ['peer', 'name', 'uplink', 'netns', this.#name(place)];
      this.#ip('server', 'link', 'add', `to-${place}`, 'type', 'veth', ...peer);
      this.#ip('server', 'address', 'add', `${this.#subnet(place)}.1/24`, 'dev', `to-${place}`);
      this.#ip('server', 'link', 'set', `to-${place}`, 'up');
      this.#ip(place, 'address', 'add', `${this.#subnet(place)}.2/24`, 'dev', 'uplink');
      this.#ip(place, 'link', 'set', 'uplink', 'up');
    }
  }

  async serve(env: Record<string, string>): Promise<{ server: BuiltServer; port: string }> {
    const within = ['ip', 'netns', 'exec', this.#name('server')];
    const where = { HOST: '0.0.0.0', PORT: '0', PATH: process.env.PATH ?? '' };
    const server = run(await emptyFolder(), { within, env: { ...where, BCRYPT_COST: '4', ...env } });
    return { server, port: new URL(await server.listening()).port };
  }

  async connect(place: 'a' | 'b', port: string): Promise<RemoteClient> {
    const program = await compiled(new URL('remote-client.ts', import.meta.url));
    const client = new RemoteClient(program, this.#name(place), `http://${this.#subnet(place)}.1:${port}`);
    await client.notice('(connected)');
    return client;
  }

  /** Cuts a link in its midst, or mends it: nothing passes, and nobody is told. */
  setLink(place: 'a' | 'b', state: 'up' | 'down'): void {
    this.#ip('server', 'link', 'set', `to-${place}`, state);
  }

  /** Gives a place another address in the place of its former one, as another network would. */
  changeAddress(place: 'a' | 'b'): void {
    this.#ip(place, 'address', 'delete', `${this.#subnet(place)}.2/24`, 'dev', 'uplink');
    this.#ip(place, 'address', 'add', `${this.#subnet(place)}.77/24`, 'dev', 'uplink');
  }

  /** Delays and loses packets. @returns why the kernel cannot, or null */
  disturb(place: 'a' | 'b', ...netem: string[]): string | null {
    const qdisc = ['qdisc', 'add', 'dev', 'uplink', 'root', 'netem', ...netem];
    const { status, stderr } = spawnSync('tc', ['-n', this.#name(place), ...qdisc], { encoding: 'utf8' });
    return status === 0 ? null : (stderr ?? 'tc is missing').trim();
  }

  #ip(place: string, ...args: string[]): void {
    ip('-n', this.#name(place), ...args);
  }

  /** Of those that are kept for documentation (RFC 5737). */
  #subnet(place: string): string {
    return place === 'a' ? '192.0.2' : '198.51.100';
  }
}

interface Line {
  id?: number;
  reply?: unknown;
  notice?: string;
  payload?: unknown;
}

type Name = NoticeName | '(connected)' | '(disconnected)';
type PayloadOf<Of extends Name> = Of extends NoticeName ? NoticePayload<Of> : undefined;

/** A client in a network namespace. */
export class RemoteClient {
  readonly #write: (line: string) => void;
  readonly #replies = new Map<number, (reply: unknown) => void>();
  readonly #lookers = new Set<() => void>();
  received: Line[] = [];
  #asked = 0;

  constructor(program: string, namespace: string, url: string) {
    const args = ['netns', 'exec', namespace, process.execPath, program, url];
    const child = spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null) await once(child, 'close');
    });
    this.#write = (line) => child.stdin.write(`${line}\n`);
    createInterface({ input: child.stdout }).on('line', (line) => this.#read(JSON.parse(line) as Line));
  }

  #read(line: Line): void {
    if (line.id === undefined) this.received.push(line);
    else this.#replies.get(line.id)?.(line.reply);
    for (const look of this.#lookers) look();
  }

  ask<Command extends CommandName>(command: Command, payload: CommandPayload<Command>): Promise<Reply<Command>> {
    const id = this.#asked;
    this.#asked += 1;
    this.#write(JSON.stringify({ id, command, payload }));
    return new Promise((resolve) => this.#replies.set(id, resolve as (reply: unknown) => void));
  }

  /** As `ask`, where only a yes will do. */
  async must<Command extends CommandName>(command: Command, payload: CommandPayload<Command>) {
    const reply = await this.ask(command, payload);
    if (!reply.ok) throw new Error(`${command} was refused: ${JSON.stringify(reply.error)}`);
    return reply as Reply<Command> & { ok: true };
  }

  /** Waits for the next notice of a name and takes it off the list. */
  notice<Of extends Name>(name: Of, where: (payload: PayloadOf<Of>) => boolean = () => true): Promise<PayloadOf<Of>> {
    return new Promise((resolve) => {
      const look = () => {
        const index = this.received.findIndex(
          ({ notice, payload }) => notice === name && where(payload as PayloadOf<Of>),
        );
        if (index < 0) return;
        this.#lookers.delete(look);
        resolve(this.received.splice(index, 1)[0]?.payload as PayloadOf<Of>);
      };
      this.#lookers.add(look);
      look();
    });
  }

  get heard(): (string | undefined)[] {
    return this.received.map(({ notice }) => notice);
  }
}
