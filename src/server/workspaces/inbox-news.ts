import type { Logger } from 'pino';
import { SerialQueue } from '../collections/serial-queue.ts';
import type { ArrivedItem } from '../records/inbox-projection.ts';
import type { Records } from '../records/records.ts';
import { StoreAway } from '../storage/store.ts';
import { itemRecord } from '../users/inbox-item.ts';
import type { Delivery } from './delivery.ts';

/** Tells users who are connected what has come into their inboxes. The others read it with their next sign-in. */
export class InboxNews {
  readonly #records: Records;
  readonly #delivery: Delivery;
  readonly #log: Logger;
  readonly #queue = new SerialQueue();

  constructor(records: Records, delivery: Delivery, log: Logger) {
    this.#records = records;
    this.#delivery = delivery;
    this.#log = log;
    records.onItems = (items) => void this.#queue.run(() => this.#tell(items));
  }

  async #tell(items: readonly ArrivedItem[]): Promise<void> {
    try {
      for (const { user, item } of items) {
        const unseen = await this.#records.inboxes.unseen(user);
        const payload = { item: itemRecord(item), unseen };
        this.#delivery.notifyUsers([{ toUsers: [user], notice: 'inbox-item', payload }]);
      }
    } catch (error) {
      // The records say themselves when they are away.
      if (!(error instanceof StoreAway)) this.#log.error({ err: error }, 'users were not told of their inboxes');
    }
  }
}
