import { nanoid } from 'nanoid';
import type { Server } from 'socket.io';
import type { OtherNodes } from '../cluster.ts';

/** How long a node waits for the answers of the others, ms. */
const PATIENCE_MS = 1000;

/** The events by which a node asks the others, and by which they answer. */
const QUESTION = 'question';
const ANSWER = 'answer-of-node';

interface Asked {
  readonly answers: Map<string, unknown>;
  /** Called with each answer. */
  readonly look: () => void;
}

/** Asks the other nodes over the channel that all of them hear. A node that is away or of another version does not answer. */
export class RedisOtherNodes implements OtherNodes {
  readonly #node: string;
  readonly #living: () => readonly string[];
  readonly #answerers = new Map<string, () => unknown>();
  readonly #asked = new Map<string, Asked>();
  #server: Server | null = null;

  /**
   * @param node the name of this one
   * @param living the names of all nodes that live, this one among them
   */
  constructor(node: string, living: () => readonly string[]) {
    this.#node = node;
    this.#living = living;
  }

  attach(io: Server): void {
    this.#server = io;
    const namespace = io.of('/');
    namespace.on(QUESTION, (asker: string, id: string, question: string) => {
      const answerer = this.#answerers.get(question);
      if (answerer) namespace.serverSideEmit(ANSWER, asker, id, this.#node, answerer());
    });
    namespace.on(ANSWER, (asker: string, id: string, node: string, answer: unknown) => {
      const asked = asker === this.#node ? this.#asked.get(id) : undefined;
      if (!asked) return;
      asked.answers.set(node, answer);
      asked.look();
    });
  }

  get names(): string[] {
    return this.#living().filter((name) => name !== this.#node);
  }

  answer(question: string, answerer: () => unknown): void {
    this.#answerers.set(question, answerer);
  }

  async ask(question: string): Promise<ReadonlyMap<string, unknown>> {
    const expected = this.names;
    const answers = new Map<string, unknown>();
    if (expected.length === 0) return answers;
    const id = nanoid();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS);
      const look = () => {
        if (!expected.every((name) => answers.has(name))) return;
        clearTimeout(timer);
        resolve();
      };
      this.#asked.set(id, { answers, look });
      this.#server?.of('/').serverSideEmit(QUESTION, this.#node, id, question);
    });
    this.#asked.delete(id);
    return answers;
  }
}
