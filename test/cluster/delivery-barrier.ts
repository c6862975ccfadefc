import { io, type Socket } from 'socket.io-client';
import type { CommandName, CommandPayload, NoticeName, NoticePayload, Reply } from '../../src/protocol/types.ts';

/** A client with a seat, connected to one of the processes. */
interface Probe {
  readonly url: string;
  readonly socket: Socket;
  readonly proof: { workspace: { id: string }; attendee: { id: string }; accessToken: string };
}

/**
 * Waits until one process of a cluster has received everything that the others have sent it. There is a probe at each
 * process, all in a workspace of their own. Processes deliver in order, so a marker that arrives at a probe came after
 * everything that was sent before it. Markers are ordinary relays and notices: the barrier knows nothing of how the
 * processes talk with each other.
 */
export class DeliveryBarrier {
  readonly #livingUrls: () => string[];
  #probes: Promise<Probe[]> = Promise.resolve([]);
  #markers = 0;

  /** @param livingUrls returns the URLs of the processes that run at the moment */
  constructor(livingUrls: () => string[]) {
    this.#livingUrls = livingUrls;
  }

  /** Waits until everything has arrived that the other processes have sent to this one so far. */
  async waitFor(url: string): Promise<void> {
    const probes = await this.#atEveryProcess();
    const target = probes.find((each) => each.url === url);
    if (!target) return;
    await Promise.all(probes.filter((each) => each !== target).map((from) => this.#sendMarker(from, target)));
  }

  async close(): Promise<void> {
    for (const { socket } of await this.#probes) socket.close();
  }

  async #sendMarker(from: Probe, to: Probe): Promise<void> {
    this.#markers += 1;
    const { workspace, attendee, accessToken } = from.proof;
    const message = `marker ${this.#markers}`;
    const relayed = heard(to.socket, 'icecandidate', ({ candidate }) => candidate.candidate === message);
    const notified = heard(to.socket, 'attend', ({ name }) => name === message);
    await must(from.socket, 're-attend', { ...from.proof, attendee: { ...attendee, name: message } });
    await must(from.socket, 'icecandidate', {
      workspace,
      attendee: to.proof.attendee,
      broadcaster: attendee,
      candidate: { candidate: message },
      accessToken,
    });
    await Promise.all([relayed, notified]);
  }

  /** The former probes, as long as the processes are the same. */
  async #atEveryProcess(): Promise<Probe[]> {
    const urls = this.#livingUrls();
    if (urls.length === 1) return [];
    const before = this.#probes;
    this.#probes = before.then(async (probes) => {
      const same = probes.length === urls.length && probes.every(({ socket }) => socket.connected);
      if (same) return probes;
      for (const { socket } of probes) socket.close();
      return seatProbes(urls);
    });
    return this.#probes;
  }
}

async function seatProbes([first = '', ...others]: string[]): Promise<Probe[]> {
  const socket = await connect(first);
  const owner = await must(socket, 'create', { workspace: { name: 'Probes' }, attendee: {} });
  const probes = [probe(first, socket, owner)];
  for (const url of others) {
    const guest = await connect(url);
    const { token } = owner.workspace;
    probes.push(probe(url, guest, await must(guest, 'attend', { workspace: { token }, attendee: {} })));
  }
  return probes;
}

function probe(url: string, socket: Socket, { workspace, attendee, accessToken }: Reply<'create'> & { ok: true }) {
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
  if (!reply.ok) throw new Error(`${name} of a probe was refused: ${JSON.stringify(reply.error)}`);
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
