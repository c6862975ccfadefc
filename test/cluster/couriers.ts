import { io, type Socket } from 'socket.io-client';
import type { CommandName, CommandPayload, NoticeName, NoticePayload, Reply } from '../../src/protocol/types.ts';

/** Somebody seated who is connected to one of the processes. */
interface Courier {
  readonly url: string;
  readonly socket: Socket;
  readonly proof: { workspace: { id: string }; attendee: { id: string }; accessToken: string };
}

/**
 * One courier at each process of a cluster, all in a workspace of their own. What a process hands on to another one
 * stays in order; so when a courier has come through, everything has that went before it. It knows nothing of how the
 * processes talk with each other: it goes the ways of all people, as a relay and as a notice.
 */
export class Couriers {
  readonly #livingUrls: () => string[];
  #couriers: Promise<Courier[]> = Promise.resolve([]);
  #runs = 0;

  /** @param livingUrls of the processes that there are at the moment */
  constructor(livingUrls: () => string[]) {
    this.#livingUrls = livingUrls;
  }

  /** Waits until everything that other processes have told this one before is there. */
  async runTo(url: string): Promise<void> {
    const couriers = await this.#atEveryProcess();
    const target = couriers.find((each) => each.url === url);
    if (!target) return;
    await Promise.all(couriers.filter((each) => each !== target).map((from) => this.#run(from, target)));
  }

  async close(): Promise<void> {
    for (const { socket } of await this.#couriers) socket.close();
  }

  async #run(from: Courier, to: Courier): Promise<void> {
    this.#runs += 1;
    const { workspace, attendee, accessToken } = from.proof;
    const message = `run ${this.#runs}`;
    const relayed = heard(to.socket, 'icecandidate', ({ candidate }) => candidate.candidate === message);
    const told = heard(to.socket, 'attend', ({ name }) => name === message);
    await must(from.socket, 're-attend', { ...from.proof, attendee: { ...attendee, name: message } });
    await must(from.socket, 'icecandidate', {
      workspace,
      attendee: to.proof.attendee,
      broadcaster: attendee,
      candidate: { candidate: message },
      accessToken,
    });
    await Promise.all([relayed, told]);
  }

  /** Those of before, as long as the processes are the same. */
  async #atEveryProcess(): Promise<Courier[]> {
    const urls = this.#livingUrls();
    if (urls.length === 1) return [];
    const before = this.#couriers;
    this.#couriers = before.then(async (couriers) => {
      const same = couriers.length === urls.length && couriers.every(({ socket }) => socket.connected);
      if (same) return couriers;
      for (const { socket } of couriers) socket.close();
      return send(urls);
    });
    return this.#couriers;
  }
}

async function send([first = '', ...others]: string[]): Promise<Courier[]> {
  const socket = await connect(first);
  const owner = await must(socket, 'create', { workspace: { name: 'Couriers' }, attendee: {} });
  const couriers = [courier(first, socket, owner)];
  for (const url of others) {
    const guest = await connect(url);
    const { token } = owner.workspace;
    couriers.push(courier(url, guest, await must(guest, 'attend', { workspace: { token }, attendee: {} })));
  }
  return couriers;
}

function courier(url: string, socket: Socket, { workspace, attendee, accessToken }: Reply<'create'> & { ok: true }) {
  return { url, socket, proof: { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken } };
}

async function connect(url: string): Promise<Socket> {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('connect_error', reject);
  });
  return socket;
}

async function must<Name extends CommandName>(
  socket: Socket,
  name: Name,
  payload: CommandPayload<Name>,
): Promise<Reply<Name> & { ok: true }> {
  const reply: Reply<Name> = await socket.emitWithAck(name, payload);
  if (!reply.ok) throw new Error(`${name} of a courier was refused: ${JSON.stringify(reply.error)}`);
  return reply;
}

/** Waits for a notice. */
function heard<Name extends NoticeName>(
  socket: Socket,
  name: Name,
  isIt: (payload: NoticePayload<Name>) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const listener = (payload: NoticePayload<Name>) => {
      if (!isIt(payload)) return;
      socket.off(name as string, listener);
      resolve();
    };
    socket.on(name as string, listener);
  });
}
