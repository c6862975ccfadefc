import type { Adapter, Peer } from './adapters/adapter.ts';
import { type Candidate, candidate, type Description, description, ufragOf } from './payloads.ts';

/** Plays one exchange of messages between peers to its end. @returns the number of messages */
export type Conversation = () => Promise<number>;

const UFRAG = 'EsAw';

/** One peer sends some messages at once, and the other receives all of them. */
export function oneWay(
  adapter: Pick<Adapter, 'isRelayed'>,
  [from, to]: readonly Peer[],
  payloads: readonly (Candidate | Description)[],
): Conversation {
  if (!from || !to) throw new Error('A one-way conversation needs two peers.');
  const texts = payloads.map((payload) => from.message(1, payload));
  let missing = 0;
  let resolve = (_: number) => {};
  to.socket.on('message', (data: Buffer) => {
    if (!adapter.isRelayed(data)) return;
    missing -= 1;
    if (missing === 0) resolve(texts.length);
  });
  return () =>
    new Promise((whenAllArrived) => {
      resolve = whenAllArrived;
      missing = texts.length;
      for (const text of texts) from.socket.send(text);
    });
}

/** The ten messages of one peer of a pair, in bursts as trickle ICE sends them: a description and nine candidates. */
const burstsOf = (type: Description['type'], ufrag: string) => {
  const some = [candidate(ufrag), candidate(ufrag), candidate(ufrag)];
  return [[description(type, ufrag), ...some], some, some];
};

/**
 * The last peer of a group joins the others. With each of them, at the same time, it exchanges offer, answer and nine
 * candidates a side. Each side sends a burst when the other's has arrived.
 */
export function join(adapter: Adapter, peers: readonly Peer[]): Conversation {
  const newcomer = peers.at(-1) as Peer;
  const last = peers.length - 1;
  /** The handler for a message of each sender, by the sender's ufrag. */
  const arrivals = new Map<string, () => void>();
  const pairs = peers.slice(0, -1).map((other, place) => {
    const [offering, answering] = [`of${place}x`, `an${place}x`];
    const offers = burstsOf('offer', offering).map((burst) => burst.map((payload) => other.message(last, payload)));
    const answers = burstsOf('answer', answering).map((burst) =>
      burst.map((payload) => newcomer.message(place, payload)),
    );
    const script = offers.flatMap((burst, index) => [
      { from: other, ufrag: offering, texts: burst },
      { from: newcomer, ufrag: answering, texts: answers[index] ?? [] },
    ]);
    return script;
  });
  for (const { socket } of peers) {
    socket.on('message', (data: Buffer) => {
      if (adapter.isRelayed(data)) arrivals.get(ufragOf(data))?.();
    });
  }
  const play = (script: (typeof pairs)[number]) =>
    new Promise<void>((resolve) => {
      const send = (step: number) => {
        const burst = script[step];
        if (!burst) return resolve();
        let missing = burst.texts.length;
        arrivals.set(burst.ufrag, () => {
          missing -= 1;
          if (missing === 0) send(step + 1);
        });
        for (const text of burst.texts) burst.from.socket.send(text);
      };
      send(0);
    });
  const messages = pairs.flat().flatMap(({ texts }) => texts).length;
  return async () => {
    await Promise.all(pairs.map(play));
    return messages;
  };
}

/** The messages that workloads relay. */
export const sampleCandidate = candidate(UFRAG);
export const sampleOffer = description('offer', UFRAG);
