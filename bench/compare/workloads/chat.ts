import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { event, openSocketIo } from '../adapters/socketio-frames.ts';
import { ask } from '../adapters/this-server.ts';
import { randomGaps } from '../driver.ts';
import { type Site, sites } from '../sites.ts';
import { quantile, randomNumbers } from '../statistics.ts';

const WORKSPACES = 50;
const PEOPLE = 4;
const PER_SECOND = 200;
const SECONDS = 30;
const WARM_UP_SECONDS = 5;

/** A message counts as lost after so long, ms. */
const LOST_MS = 30_000;

const ARRIVED = '42["message",';
const TEXT = 'The results are there: everything is as it should be. See you on Thursday at ten.';

interface Latencies {
  /** ms */
  p50: number;
  p99: number;
  max: number;
}

interface ChatRow {
  /** From when a message was due to be sent until each of the others has it. */
  arrival: Latencies;
  /** The same until its sender has the answer, which says that the message lasts. */
  answer: Latencies;
  /** The share of messages that the server refused at first, because the database took too long. Clients repeat them. */
  repeated: number;
}

/** By the site. */
export type ChatFigures = Record<string, ChatRow>;

interface Person {
  readonly socket: WebSocket;
  readonly proof: object;
}

const latencies = (values: readonly number[]): Latencies => ({
  p50: quantile(values, 0.5),
  p99: quantile(values, 0.99),
  max: quantile(values, 1),
});

/** Seats people in a workspace of their own, each on the next node. */
async function meet(urls: readonly string[], first: number): Promise<Person[]> {
  const sockets = await Promise.all(
    Array.from({ length: PEOPLE }, (_, n) => openSocketIo(urls[(first + n) % urls.length] as string)),
  );
  const [owner, ...guests] = sockets as [WebSocket, ...WebSocket[]];
  const created = await ask(owner, 'create', { workspace: {}, attendee: {} });
  const workspace = { id: created.workspace.id };
  const people = [{ socket: owner, seat: created }];
  for (const socket of guests) {
    const seat = await ask(socket, 'attend', { workspace: { token: created.workspace.token }, attendee: {} });
    people.push({ socket, seat: { ...created, ...seat } });
  }
  return people.map(({ socket, seat: { attendee, accessToken } }) => ({
    socket,
    proof: { workspace, attendee: { id: attendee.id }, accessToken },
  }));
}

/** People write at random times, and the times do not wait for earlier messages. */
async function talk(rooms: readonly (readonly Person[])[], seconds: number, seed: number): Promise<ChatRow> {
  const gaps = randomGaps(PER_SECOND * seconds, PER_SECOND, seed);
  const random = randomNumbers(seed + 1);
  const due: number[] = [];
  const texts: string[] = [];
  let repetitions = 0;
  const [arrivals, answers]: [number[], number[]] = [[], []];
  const since = (n: number) => performance.now() - (due[n] ?? Number.NaN);
  const idPrefix = `"messageId":"${seed}-`;
  const listeners = rooms.flat().map(({ socket }) => {
    const onMessage = (data: Buffer) => {
      const text = data.toString();
      if (text.startsWith(ARRIVED)) {
        const at = text.indexOf(idPrefix) + idPrefix.length;
        arrivals.push(since(Number(text.slice(at, text.indexOf('"', at)))));
      } else if (text.startsWith('43')) {
        const n = Number(text.slice(2, text.indexOf('[')));
        if (text.includes('"ok":true')) answers.push(since(n));
        else if (text.includes('"BUSY_TRY_AGAIN"')) {
          repetitions += 1;
          socket.send(texts[n] as string);
        } else throw new Error(`A message was refused: ${text}`);
      }
    };
    socket.on('message', onMessage);
    return () => socket.off('message', onMessage);
  });

  let next = performance.now();
  for (const [n, gap] of gaps.entries()) {
    next += gap;
    const early = next - performance.now();
    if (early > 0) await sleep(early);
    const room = rooms[Math.floor(random() * rooms.length)] as readonly Person[];
    const { socket, proof } = room[Math.floor(random() * room.length)] as Person;
    due.push(next);
    const text = event('message', { ...proof, messageId: `${seed}-${n}`, text: TEXT }, n);
    texts.push(text);
    socket.send(text);
  }
  const deadline = performance.now() + LOST_MS;
  while (answers.length < gaps.length || arrivals.length < gaps.length * (PEOPLE - 1)) {
    if (performance.now() > deadline) throw new Error('Messages of the chat have not arrived.');
    await sleep(10);
  }
  for (const stop of listeners) stop();
  return { arrival: latencies(arrivals), answer: latencies(answers), repeated: repetitions / gaps.length };
}

async function measure({ urls }: Site): Promise<ChatRow> {
  const rooms: Person[][] = [];
  for (let n = 0; n < WORKSPACES; n += 1) rooms.push(await meet(urls, n));
  await talk(rooms, WARM_UP_SECONDS, 1);
  const row = await talk(rooms, SECONDS, 3);
  for (const { socket } of rooms.flat()) socket.terminate();
  return row;
}

/** How long a chat message takes to everybody else in its workspace, and to its answer. */
export async function measureChat(): Promise<ChatFigures> {
  const figures: ChatFigures = {};
  for (const [name, start] of Object.entries(sites)) {
    const site = await start();
    figures[name] = await measure(site);
    await site.stop();
  }
  return figures;
}
