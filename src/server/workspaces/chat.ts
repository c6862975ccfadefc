import { KeyedSerialQueue } from '../collections/keyed-serial-queue.ts';
import type { Lazy } from '../collections/lazy.ts';
import { find, others } from '../domain/change.ts';
import {
  chatsAfter,
  deleteChats,
  type Message,
  type MessageRange,
  type NewMessage,
  type Posted,
  readMessages,
} from '../records/messages.ts';
import type { Records } from '../records/records.ts';
import type { Services } from '../services.ts';
import { StoreError } from '../storage/store.ts';
import type { Delivery } from './delivery.ts';
import type { SeatLocations } from './seat-locations.ts';

/** One write takes no more messages than this. */
const AT_ONCE = 200;

/** It knows no more messages than this of which nobody knows whether they last. */
const MOST_UNSURE = 10_000;

/** So often it looks for chats of workspaces that are gone, ms. */
const SWEEP_MS = 600_000;

interface Waiting {
  readonly message: NewMessage;
  resolve(posted: Posted): void;
  reject(error: unknown): void;
}

/**
 * The chats of workspaces. A message counts when the records have it: then its sender has the answer, and the others get
 * it. One write takes all messages that came during the one before, so the disk syncs once for many of them.
 */
export class Chat {
  readonly #services: Services;
  readonly #locations: SeatLocations;
  readonly #delivery: Delivery;
  readonly #records: Lazy<Records>;
  /** Messages of a workspace go out in their order. */
  readonly #sending = new KeyedSerialQueue();
  /** Messages that were refused because the database did not answer in time: they may last all the same. */
  readonly #unsure = new Set<string>();
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #sweeping: NodeJS.Timeout | null = null;

  constructor(services: Services, records: Lazy<Records>, locations: SeatLocations, delivery: Delivery) {
    this.#services = services;
    this.#records = records;
    this.#locations = locations;
    this.#delivery = delivery;
    // Should a sweep fail, the next one does its work.
    if (!services.records) this.#sweeping = setInterval(() => this.#sweep().catch(() => {}), SWEEP_MS).unref();
  }

  /** Resolves when the message lasts. @throws RecordsAway */
  post(message: NewMessage): Promise<Posted> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  /** @throws RecordsAway */
  async read(workspaceId: string, range: MessageRange): Promise<{ messages: Message[]; more: boolean }> {
    const records = await this.#records.get();
    return records.query((db) => readMessages(db, workspaceId, range));
  }

  /** Deletes the chats of workspaces that are gone, where no events tell the records so. */
  async #sweep(): Promise<void> {
    const records = await this.#records.made;
    if (!records) return;
    for (let after = ''; ; ) {
      const ids = await records.query((db) => chatsAfter(db, after, AT_ONCE));
      const documents = await Promise.all(ids.map((id) => this.#services.store.get(id)));
      await records.query((db) =>
        deleteChats(
          db,
          ids.filter((_, index) => documents[index] === null),
        ),
      );
      const last = ids.at(-1);
      if (last === undefined) return;
      after = last;
    }
  }

  close(): void {
    clearInterval(this.#sweeping ?? undefined);
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, AT_ONCE);
      const messages = batch.map(({ message }) => message);
      try {
        const records = await this.#records.get();
        const posted = await records.post(messages, (places) => {
          this.#send(messages.flatMap((message, index) => ({ ...message, ...(places[index] as Posted) })));
        });
        for (const [index, place] of posted.entries()) batch[index]?.resolve(place);
      } catch (error) {
        if (this.#unsure.size >= MOST_UNSURE) this.#unsure.clear();
        for (const message of messages) this.#unsure.add(keyOf(message));
        for (const one of batch) one.reject(error);
      }
    }
    this.#writing = null;
  }

  /** Sends to everybody else in their workspaces what they have not heard of: new messages, and those that lasted unnoticed. */
  #send(messages: readonly (Message & Posted)[]): void {
    const fresh = messages.filter((message) => this.#unsure.delete(keyOf(message)) || message.isNew);
    for (const workspaceId of new Set(fresh.map(({ workspace }) => workspace))) {
      const own = fresh.filter(({ workspace }) => workspace === workspaceId).sort((one, other) => one.seq - other.seq);
      void this.#sending.run(workspaceId, () => this.#sendTo(workspaceId, own));
    }
  }

  /** The document is read after the write, so that somebody who joined meanwhile gets the message too. */
  async #sendTo(workspaceId: string, messages: readonly Message[]): Promise<void> {
    try {
      const workspace = await this.#services.store.get(workspaceId);
      if (!workspace) return;
      const effects = messages.map((message) => ({
        to: others(workspace, message.attendee),
        notice: 'message' as const,
        payload: messageRecord(message),
      }));
      this.#delivery.notify(workspaceId, effects, (id) =>
        this.#locations.whereIs(find(workspace, id)?.connection ?? null),
      );
    } catch (error) {
      // Clients read what they miss when the next message, or their return, shows the gap.
      if (!(error instanceof StoreError)) this.#services.log.error({ err: error }, 'a message was not sent on');
    }
  }
}

/** What a client repeats when it sends a message again. */
const keyOf = ({ workspace, attendee, messageId }: NewMessage) => `${workspace} ${attendee} ${messageId}`;

/** A message as it crosses the wire. */
export function messageRecord({ seq, at, attendee, user, name, messageId, text }: Message) {
  return { seq, at, from: { id: attendee, name, ...(user === null ? {} : { user: { id: user } }) }, messageId, text };
}
