import { idOfConfigured, type WebhooksConfig } from '../config/webhooks.ts';
import type { WebhookRow, WebhookRows } from '../records/webhooks.ts';

/** Where events go. */
export interface Endpoint extends Omit<WebhookRow, 'createdAt'> {
  /** ms since the epoch; null for one of the configuration. */
  readonly createdAt: number | null;
  /** Whether the configuration has it. REST can disable and enable it, and change nothing else. */
  readonly isConfigured: boolean;
}

/** The endpoints of the configuration, and those that REST made. All methods throw RecordsAway. */
export class Endpoints {
  readonly #config: WebhooksConfig;
  readonly #rows: WebhookRows;
  readonly #now: () => number;

  constructor(config: WebhooksConfig, rows: WebhookRows, now: () => number) {
    this.#config = config;
    this.#rows = rows;
    this.#now = now;
  }

  async list(): Promise<Endpoint[]> {
    const [configured, rows] = await Promise.all([this.#configured(), this.#rows.list()]);
    return [...configured, ...rows.map(fromRow)];
  }

  async find(id: string): Promise<Endpoint | null> {
    const configured = (await this.#configured()).find((each) => each.id === id);
    if (configured) return configured;
    const row = await this.#rows.find(id);
    return row && fromRow(row);
  }

  /** Where to send to, and what signs it; null where the endpoint is disabled or gone. */
  async signing({ id, url, isConfigured }: Endpoint): Promise<{ url: string; secrets: readonly string[] } | null> {
    return isConfigured ? { url, secrets: this.#config.secrets } : this.#rows.signing(id, this.#now());
  }

  async #configured(): Promise<Endpoint[]> {
    const { urls } = this.#config;
    if (urls.length === 0) return [];
    const disabled = await this.#rows.disabledOfConfiguration();
    return urls.map((url) => {
      const id = idOfConfigured(url);
      return { id, url, types: null, createdAt: null, disabledAt: disabled.get(id) ?? null, isConfigured: true };
    });
  }
}

function fromRow(row: WebhookRow): Endpoint {
  return { ...row, isConfigured: false };
}
