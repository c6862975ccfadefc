import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { answer } from '../adapters/adapter.ts';
import { openSocketIo } from '../adapters/socketio-frames.ts';
import { ask } from '../adapters/this-server.ts';
import { type Site, sites } from '../sites.ts';
import { quantile } from '../statistics.ts';

/** Providers, each with a client of its own. */
const PAIRS = 20;
const CONSULTATIONS = 300;
const WARM_UP = 40;

/** A consultation opens so many ms after the one before. */
const EVERY_MS = 100;

interface ConsultationsRow {
  /** From `open-consultation` until its client has `invited`, ms. */
  told: { p50: number; p99: number; max: number };
  /** The same until its provider has the answer. */
  answered: { p50: number; p99: number };
}

/** By the site. */
export type ConsultationsFigures = Record<string, ConsultationsRow>;

interface Pair {
  readonly provider: WebSocket;
  readonly client: WebSocket;
  readonly clientId: string;
}

/** Signs somebody in at a node. */
async function signIn(url: string, name: string): Promise<{ socket: WebSocket; id: string }> {
  const socket = await openSocketIo(url);
  const { user } = await ask(socket, 'sign-in', { name });
  return { socket, id: user.id };
}

async function open({ provider, client, clientId }: Pair): Promise<{ told: number; answered: number }> {
  const began = performance.now();
  const passed = () => performance.now() - began;
  const [told, answered] = await Promise.all([
    answer(client, '42["invited"').then(passed),
    ask(provider, 'open-consultation', { subject: 'Check-up', clients: [{ id: clientId }] }).then((opened) => ({
      ms: passed(),
      id: opened.consultation.id,
    })),
  ]);
  await ask(provider, 'close-consultation', { consultation: { id: answered.id } });
  return { told, answered: answered.ms };
}

async function measure({ urls }: Site): Promise<ConsultationsRow> {
  const urlOf = (n: number) => urls[n % urls.length] as string;
  const pairs: Pair[] = [];
  for (let n = 0; n < PAIRS; n += 1) {
    const provider = await signIn(urlOf(n), `doctor ${n}`);
    const client = await signIn(urlOf(n + 1), `patient ${n}`);
    pairs.push({ provider: provider.socket, client: client.socket, clientId: client.id });
  }
  const times: { told: number; answered: number }[] = [];
  const opening: Promise<unknown>[] = [];
  let next = performance.now();
  for (let n = -WARM_UP; n < CONSULTATIONS; n += 1) {
    next += EVERY_MS;
    await sleep(Math.max(0, next - performance.now()));
    const opened = open(pairs[(n + WARM_UP) % PAIRS] as Pair);
    opening.push(opened.then((time) => n >= 0 && times.push(time)));
  }
  await Promise.all(opening);
  for (const { provider, client } of pairs) for (const socket of [provider, client]) socket.terminate();
  const [told, answered] = [times.map((each) => each.told), times.map((each) => each.answered)];
  return {
    told: { p50: quantile(told, 0.5), p99: quantile(told, 0.99), max: quantile(told, 1) },
    answered: { p50: quantile(answered, 0.5), p99: quantile(answered, 0.99) },
  };
}

/** How long it takes from opening a consultation to its client's notice. The client is on another node, if there is one. */
export async function measureConsultations(): Promise<ConsultationsFigures> {
  const figures: ConsultationsFigures = {};
  for (const [name, start] of Object.entries(sites)) {
    const site = await start();
    figures[name] = await measure(site);
    await site.stop();
  }
  return figures;
}
