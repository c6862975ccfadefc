import { setTimeout as sleep } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import type { CommandPayload, NoticePayload } from '../../src/protocol/types.ts';
import { candidate } from '../support/fixtures.ts';
import { connect, must } from './clients.ts';

/** ms from sending a candidate to its arrival. */
export interface Latency {
  p50: number;
  p99: number;
  max: number;
  /** Candidates that did not arrive at all. */
  lost: number;
}

/** The time between two candidates, in ms. */
const PACE = 10;

/** A pair that sends candidates in the midst of a call, and measures their latency while others load the server. */
export class LatencyProbe {
  readonly #sender: Socket;
  readonly #receiver: Socket;
  readonly #head: Omit<CommandPayload<'icecandidate'>, 'candidate'>;
  #sent = 0;

  private constructor(sender: Socket, receiver: Socket, head: Omit<CommandPayload<'icecandidate'>, 'candidate'>) {
    this.#sender = sender;
    this.#receiver = receiver;
    this.#head = head;
  }

  static async connect(url: string): Promise<LatencyProbe> {
    const [sender, receiver] = [await connect(url), await connect(url)];
    const ada = await must(sender, 'create', { workspace: {}, attendee: {} });
    const bob = await must(receiver, 'attend', { workspace: { token: ada.workspace.token }, attendee: {} });
    return new LatencyProbe(sender, receiver, {
      workspace: { id: ada.workspace.id },
      attendee: { id: bob.attendee.id },
      broadcaster: { id: ada.attendee.id },
      accessToken: ada.accessToken,
    });
  }

  /** Sends candidates one after the other for a while, and waits for all of them. */
  async talk(ms: number): Promise<Latency> {
    const sentAt = new Map<number, number>();
    const latencies: number[] = [];
    const arrive = ({ candidate: { sdpMLineIndex } }: NoticePayload<'icecandidate'>) => {
      const began = sentAt.get(Number(sdpMLineIndex));
      if (began === undefined) return;
      sentAt.delete(Number(sdpMLineIndex));
      latencies.push(performance.now() - began);
    };
    this.#receiver.on('icecandidate', arrive);
    for (const end = performance.now() + ms; performance.now() < end; await sleep(PACE)) {
      const sdpMLineIndex = this.#sent;
      this.#sent += 1;
      sentAt.set(sdpMLineIndex, performance.now());
      this.#sender.emit('icecandidate', { ...this.#head, candidate: { ...candidate, sdpMLineIndex } });
    }
    for (const end = performance.now() + 30_000; sentAt.size > 0 && performance.now() < end; ) await sleep(PACE);
    this.#receiver.off('icecandidate', arrive);
    return summary(latencies, sentAt.size);
  }
}

function summary(latencies: number[], lost: number): Latency {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Infinity;
  return { p50: at(0.5), p99: at(0.99), max: at(1), lost };
}
