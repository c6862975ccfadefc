import { describe, expect, it } from 'vitest';
import { newSecret } from '../../../src/server/webhooks/signature.ts';
import { startReceiver, verified } from '../../support/receiver.ts';
import { type Host, keys, startApi } from './api.ts';

interface Webhook {
  id: string;
  url: string;
  types: string[] | null;
  disabled: boolean;
  source: 'rest' | 'configuration';
  createdAt: number | null;
}

interface Delivery {
  event: { id: string; type: string };
  status: string;
  attempts: number;
}

interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** A public address, so that no name server is asked. Nothing is ever sent there: it wants a type that nothing has. */
const quiet = { url: 'https://93.184.216.34/hook', types: ['recording.failed'] };

const made = (host: Host, given: object = quiet) =>
  host.must<{ webhook: Webhook; secret: string }>('POST', 'webhooks', { body: given });

describe('A webhook that REST makes', () => {
  it('is shown without its secret, changed, and gone when it is deleted', async () => {
    const { host } = await startApi();
    const { webhook, secret } = await made(host);
    expect(webhook).toEqual({
      id: expect.stringMatching(/^wh_[\w-]{10}$/),
      ...quiet,
      disabled: false,
      source: 'rest',
      createdAt: expect.any(Number),
    });
    expect(secret).toMatch(/^whsec_/);
    const path = `webhooks/${webhook.id}`;
    expect(await host.must('GET', path)).toEqual({ webhook });
    expect(await host.must('GET', 'webhooks')).toEqual({ items: [webhook], nextCursor: null });
    const changes = { types: ['call.ended', 'recording.failed'], disabled: true };
    const changed = { ...webhook, ...changes };
    expect(await host.must('PATCH', path, { body: changes })).toEqual({ webhook: changed });
    expect(await host.must('GET', path)).toEqual({ webhook: changed });
    const own = newSecret();
    expect((await made(host, { ...quiet, secret: own })).secret).toBe(own);
    expect((await host.ask('DELETE', path)).status).toBe(204);
    for (const [method, below] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/test'],
      ['POST', '/rotate-secret'],
      ['GET', '/deliveries'],
      ['POST', '/deliveries/evt_x_1/retry'],
    ] as const) {
      const asked = method === 'PATCH' ? { body: {} } : {};
      expect(await host.refused(method, `${path}${below}`, asked)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
  });

  it('gets a new secret, which is another one', async () => {
    const { host } = await startApi();
    const { webhook, secret } = await made(host);
    const rotated = await host.must<{ secret: string }>('POST', `webhooks/${webhook.id}/rotate-secret`);
    expect(rotated.secret).toMatch(/^whsec_/);
    expect(rotated.secret).not.toBe(secret);
  });

  it('goes to public https addresses alone, wants types that there are, and has a secret that signs', async () => {
    const { host } = await startApi();
    for (const [given, field] of [
      [{ url: 'https://127.0.0.1/' }, 'url'],
      [{ url: 'https://[::1]/' }, 'url'],
      [{ url: 'https://10.0.0.1/' }, 'url'],
      [{ url: 'https://169.254.169.254/latest/meta-data' }, 'url'],
      [{ url: 'http://93.184.216.34/' }, 'url'],
      [{ url: 'file:///etc/passwd' }, 'url'],
      [{ url: 'nothing' }, 'url'],
      [{ url: '' }, 'url'],
      [{}, 'url'],
      [{ ...quiet, types: ['nothing'] }, 'types'],
      [{ ...quiet, types: [] }, 'types'],
      [{ ...quiet, secret: 'short' }, 'secret'],
      [{ ...quiet, workspace: 'x' }, 'workspace'],
    ] as const) {
      const problem = await host.refused('POST', 'webhooks', { body: given });
      expect(problem, JSON.stringify(given)).toMatchObject({ status: 422, code: 'INVALID_PAYLOAD', field });
    }
    expect((await host.must<Page<Webhook>>('GET', 'webhooks')).items).toEqual([]);
  });

  it('is made once, however often its request comes, and its answer is the same', async () => {
    const { host } = await startApi();
    const asked = { body: quiet, headers: { 'Idempotency-Key': 'hook-1' } };
    const first = await host.must('POST', 'webhooks', asked);
    expect(await host.must('POST', 'webhooks', asked)).toEqual(first);
    expect((await host.must<Page<Webhook>>('GET', 'webhooks')).items).toHaveLength(1);
  });

  it('is listed with all others page by page, each once', async () => {
    const { host } = await startApi();
    const ids: string[] = [];
    for (let n = 0; n < 7; n += 1) ids.push((await made(host)).webhook.id);
    const found: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page<Webhook> = await host.must('GET', `webhooks?limit=3&cursor=${cursor}`);
      found.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(found.sort()).toEqual(ids.sort());
  });
});

describe('A webhook of the configuration', () => {
  const secret = newSecret();

  it('is tried, its deliveries are listed, and one is sent again', async () => {
    const receiver = await startReceiver();
    const { host } = await startApi({ WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: secret });
    /** The message that came in this place. */
    const message = async (place: number) => {
      await receiver.until(({ length }) => length >= place);
      const [delivery] = receiver.received.slice(place - 1);
      if (!delivery) throw new Error('nothing came');
      return verified(delivery, secret);
    };
    const [webhook] = (await host.must<Page<Webhook>>('GET', 'webhooks')).items;
    expect(webhook).toMatchObject({ source: 'configuration', types: null, createdAt: null, disabled: false });
    const path = `webhooks/${webhook?.id}`;
    const { delivery } = await host.must<{ delivery: Delivery }>('POST', `${path}/test`);
    expect(delivery.event.type).toBe('webhook.test');
    expect(await message(1)).toMatchObject({ type: 'webhook.test' });
    await host.create();
    const created = await message(2);
    expect(created).toMatchObject({ type: 'workspace.created' });

    const list = (query = '') => host.must<Page<Delivery>>('GET', `${path}/deliveries${query}`);
    await expect.poll(async () => (await list('?status=delivered')).items.length).toBe(2);
    expect((await list('?status=pending')).items).toEqual([]);
    const first = await list('?limit=1');
    expect(first.items).toHaveLength(1);
    const second = await list(`?limit=1&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items].map(({ event }) => event.type).sort()).toEqual([
      'webhook.test',
      'workspace.created',
    ]);
    expect(second.nextCursor).toBeNull();
    expect(await host.refused('GET', `${path}/deliveries?cursor=x`)).toMatchObject({ field: 'cursor' });
    expect(await host.refused('GET', `${path}/deliveries?status=x`)).toMatchObject({ field: 'status' });

    const again = await host.must<{ delivery: Delivery }>('POST', `${path}/deliveries/${created.data.id}/retry`);
    expect(again.delivery.event.id).toBe(created.data.id);
    expect(await message(3)).toEqual(created);
  });

  it('can be disabled and enabled, and nothing else', async () => {
    const receiver = await startReceiver();
    const { host } = await startApi({ WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: secret });
    const [webhook] = (await host.must<Page<Webhook>>('GET', 'webhooks')).items;
    const path = `webhooks/${webhook?.id}`;
    const disabled = await host.must('PATCH', path, { body: { disabled: true } });
    expect(disabled).toMatchObject({ webhook: { disabled: true } });
    expect(await host.refused('POST', `${path}/test`)).toMatchObject({ status: 409, code: 'CONFLICT' });
    await host.must('PATCH', path, { body: { disabled: false } });
    for (const [method, below, body] of [
      ['PATCH', '', { url: quiet.url }],
      ['PATCH', '', { types: ['call.ended'] }],
      ['DELETE', '', undefined],
      ['POST', '/rotate-secret', undefined],
    ] as const) {
      const problem = await host.refused(method, `${path}${below}`, { body });
      expect(problem, `${method} ${below}`).toMatchObject({ status: 409, code: 'CONFLICT' });
      expect(problem.detail).toContain('WEBHOOK_URL');
    }
    expect(JSON.stringify(await host.must('GET', 'webhooks', { key: keys.reader }))).not.toContain('whsec_');
  });
});
