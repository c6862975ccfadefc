import type { Adapter, Person } from './adapters/adapter.ts';
import { type Candidate, candidate, type Description, description, markOf } from './payloads.ts';

/** Something that people say to each other, to its end. @returns how many messages that were */
export type Conversation = () => Promise<number>;

const MARK = 'EsAw';

/** One sends the other some messages at once, and all arrive. */
export function remark(
  adapter: Pick<Adapter, 'isRelayed'>,
  [from, to]: readonly Person[],
  payloads: readonly (Candidate | Description)[],
): Conversation {
  if (!from || !to) throw new Error('It takes two.');
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

/** What one side of a pair has to say as trickle ICE has it, a few messages at a time: ten in all. */
const burstsOf = (type: Description['type'], mark: string) => {
  const some = [candidate(mark), candidate(mark), candidate(mark)];
  return [[description(type, mark), ...some], some, some];
};

/**
 * The last one of a meeting joins the others: with each of them, at the same time, offer and answer and nine candidates
 * a side. Each side says a burst when the other's has arrived.
 */
export function join(adapter: Adapter, people: readonly Person[]): Conversation {
  const newcomer = people.at(-1) as Person;
  const last = people.length - 1;
  /** By the mark of who spoke: what is to be done when something of that side arrives. */
  const arrivals = new Map<string, () => void>();
  const pairs = people.slice(0, -1).map((other, place) => {
    const [offering, answering] = [`of${place}x`, `an${place}x`];
    const offers = burstsOf('offer', offering).map((burst) => burst.map((payload) => other.message(last, payload)));
    const answers = burstsOf('answer', answering).map((burst) =>
      burst.map((payload) => newcomer.message(place, payload)),
    );
    const script = offers.flatMap((burst, index) => [
      { from: other, mark: offering, texts: burst },
      { from: newcomer, mark: answering, texts: answers[index] ?? [] },
    ]);
    return script;
  });
  for (const { socket } of people) {
    socket.on('message', (data: Buffer) => {
      if (adapter.isRelayed(data)) arrivals.get(markOf(data))?.();
    });
  }
  const play = (script: (typeof pairs)[number]) =>
    new Promise<void>((resolve) => {
      const say = (step: number) => {
        const burst = script[step];
        if (!burst) return resolve();
        let missing = burst.texts.length;
        arrivals.set(burst.mark, () => {
          missing -= 1;
          if (missing === 0) say(step + 1);
        });
        for (const text of burst.texts) burst.from.socket.send(text);
      };
      say(0);
    });
  const messages = pairs.flat().flatMap(({ texts }) => texts).length;
  return async () => {
    await Promise.all(pairs.map(play));
    return messages;
  };
}

/** What the first of a pair says when it says a candidate. */
export const aCandidate = candidate(MARK);
export const anOffer = description('offer', MARK);
