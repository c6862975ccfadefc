import type { IdempotencyKeys, RepeatableRequest } from '../records/idempotency-keys.ts';
import type { Services } from '../services.ts';
import { StoreError } from '../storage/store.ts';
import { type Problem, problem, problemReply } from './problem.ts';
import type { Reply } from './reply.ts';

/** Visible ASCII, as in most headers; quotes belong to it. */
const FORM = /^[\x21-\x7e]{1,255}$/;

/** The request whose answer is asked for. */
interface Asked {
  /** The id of its API key. */
  readonly keyId: string;
  /** The header Idempotency-Key. */
  readonly idempotencyKey: string;
  /** Method and path. */
  readonly target: string;
  readonly body: string;
}

/** @param seed the same each time that the request is repeated; null where it cannot be repeated */
type Answering = (seed: string | null) => Promise<Reply>;

/**
 * Answers repeated requests with their first answer, over restarts and nodes. Answers that tell a client to try again are
 * no answers: then the next try answers.
 */
export class Idempotency {
  readonly #services: Services;
  readonly #keys: IdempotencyKeys;
  /** The requests that this node answers at present, and their fingerprints. */
  readonly #underWay = new Map<string, string>();

  constructor(services: Services, keys: IdempotencyKeys) {
    this.#services = services;
    this.#keys = keys;
  }

  /** @throws RecordsAway */
  async once({ keyId, idempotencyKey, target, body }: Asked, answering: Answering): Promise<Reply> {
    if (!FORM.test(idempotencyKey)) return problemReply(malformed());
    const { sealing, cluster } = this.#services;
    const fingerprint = sealing.digest(target, body);
    const request = { keyId, key: idempotencyKey, fingerprint, holder: cluster.node };
    const id = JSON.stringify([keyId, idempotencyKey]);
    const present = this.#underWay.get(id);
    if (present !== undefined) {
      return problemReply(problem(present === fingerprint ? 'IDEMPOTENCY_KEY_IN_USE' : 'IDEMPOTENCY_KEY_REUSED'));
    }
    this.#underWay.set(id, fingerprint);
    try {
      return await this.#answer(request, answering);
    } finally {
      this.#underWay.delete(id);
    }
  }

  async #answer(request: RepeatableRequest, answering: Answering): Promise<Reply> {
    const { sealing, now } = this.#services;
    const reservation = await this.#keys.reserve(request, (holder) => this.#isGone(holder), now());
    switch (reservation.state) {
      case 'reused':
        return problemReply(problem('IDEMPOTENCY_KEY_REUSED'));
      case 'held':
        return problemReply(problem('IDEMPOTENCY_KEY_IN_USE'));
      case 'answered': {
        const reply = sealing.open(reservation.reply);
        return reply === null ? problemReply(unreadable()) : JSON.parse(reply);
      }
      case 'reserved':
        return this.#answerNow(request, () => answering(sealing.digest(request.keyId, request.key, reservation.since)));
    }
  }

  async #answerNow(request: RepeatableRequest, answering: () => Promise<Reply>): Promise<Reply> {
    const { sealing } = this.#services;
    try {
      const reply = await answering();
      if (reply.status >= 500) await this.#release(request);
      // What was done is done. If its answer cannot be kept, the next try finds it.
      else await this.#keys.answer(request, sealing.seal(JSON.stringify(reply))).catch(unlessBug);
      return reply;
    } catch (error) {
      await this.#release(request);
      throw error;
    }
  }

  /** Where that fails, others wait until they take this node for dead. */
  async #release(request: RepeatableRequest): Promise<void> {
    await this.#keys.release(request).catch(unlessBug);
  }

  /** This node knows its own requests; a server of one node has no other ones. */
  #isGone(holder: string): boolean {
    const { cluster, config } = this.#services;
    return holder === cluster.node || config.store.kind !== 'redis';
  }
}

function unlessBug(error: unknown): void {
  if (!(error instanceof StoreError)) throw error;
}

function malformed(): Problem {
  const detail = 'The header Idempotency-Key must have 1 to 255 visible characters of ASCII.';
  return problem('INVALID_PAYLOAD', { field: 'Idempotency-Key' }, detail);
}

function unreadable(): Problem {
  const detail = 'The answer to this Idempotency-Key cannot be read any more: MAGICK_TOKEN has changed.';
  return problem('IDEMPOTENCY_KEY_REUSED', {}, detail);
}
