import { describe, expect, it } from 'vitest';
import { InvalidWebhook, verifyWebhook, type WebhookEvent, type WebhookHeaders } from '../../src/host/mesh-server.ts';
import { webhookTypes } from '../../src/server/records/webhook-types.ts';
import { newSecret, signatureHeaders } from '../../src/server/webhooks/signature.ts';
import { createWorkspace, startServer } from '../support/fixtures.ts';
import { startReceiver } from '../support/receiver.ts';

const secret = newSecret();
const former = newSecret();
const body = JSON.stringify({
  type: 'call.ended',
  timestamp: '2026-01-02T03:04:05Z',
  data: { id: 'evt_1', name: 'née' },
});
const now = 1_800_000_000_000;
const headersBy = (...secrets: string[]) => ({ ...signatureHeaders({ id: 'evt_1', sentAt: now, body }, secrets) });

const invalid = (headers: WebhookHeaders, text = body, at = now, secrets: string | string[] = secret) =>
  expect(verifyWebhook(text, headers, secrets, { now: at })).rejects.toThrow(InvalidWebhook);

describe('verifyWebhook', () => {
  it('has a type for every event that the server sends', () => {
    // The compiler names one that is missing.
    const types: readonly WebhookEvent['type'][] = webhookTypes;
    expect(types.length).toBeGreaterThan(10);
  });

  it('takes what a server sends', async () => {
    const receiver = await startReceiver();
    const server = await startServer({ WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: secret });
    const owner = await createWorkspace(server);
    await receiver.until((received) => received.length > 0);
    const [delivery] = receiver.received;
    const event = await verifyWebhook(delivery?.body ?? '', delivery?.headers ?? {}, secret);
    if (event.type !== 'workspace.created') throw new Error(`it is ${event.type}`);
    expect(event.data.workspace?.id).toBe(owner.proof.workspace.id);
    expect(event.data.owner.id).toBe(owner.id);
  });

  it('takes headers and bodies in every form that platforms have', async () => {
    const headers = headersBy(secret);
    const capitals = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
    for (const form of [headers, new Headers(headers), capitals]) {
      for (const text of [body, new TextEncoder().encode(body), new TextEncoder().encode(body).buffer]) {
        expect(await verifyWebhook(text, form, secret, { now })).toEqual(JSON.parse(body));
      }
    }
  });

  it('takes either secret while it is changed, on either side', async () => {
    const event = JSON.parse(body);
    expect(await verifyWebhook(body, headersBy(former, secret), secret, { now })).toEqual(event);
    expect(await verifyWebhook(body, headersBy(former), [secret, former], { now })).toEqual(event);
    expect(await verifyWebhook(body, headersBy(secret), [secret, former], { now })).toEqual(event);
  });

  it('takes nothing that was changed, signed by others, or lacks a header', async () => {
    await invalid(headersBy(former));
    await invalid(headersBy(secret), body.replace('call.ended', 'call.missed'));
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      const { [name]: _, ...rest } = headersBy(secret) as Record<string, string>;
      await invalid(rest);
      await invalid({ ...headersBy(secret), [name]: '1' });
    }
    const [version, signature = ''] = headersBy(secret)['webhook-signature'].split(',');
    for (const wrong of [signature, `v2,${signature}`, `${version},`, `${version},${signature.slice(0, 8)}`, 'v1,é']) {
      await invalid({ ...headersBy(secret), 'webhook-signature': wrong });
    }
  });

  it('takes nothing that is older than five minutes, or as much ahead', async () => {
    const headers = headersBy(secret);
    for (const late of [-299_000, 299_000]) await verifyWebhook(body, headers, secret, { now: now + late });
    for (const late of [-301_000, 301_000]) await invalid(headers, body, now + late);
    await verifyWebhook(body, headers, secret, { now: now + 301_000, toleranceSeconds: 400 });
    await invalid({ ...headers, 'webhook-timestamp': 'Infinity' });
  });

  it('says how it is to be called, and does not repeat the secret', async () => {
    const parsed = JSON.parse(body) as string;
    await expect(verifyWebhook(parsed, headersBy(secret), secret)).rejects.toThrow(/must be the text as it came/);
    for (const wrong of ['', 'abc', 'whsec_', 'whsec_c2hvcnQ=', `${secret} `]) {
      const error: unknown = await verifyWebhook(body, headersBy(secret), wrong).catch((reason) => reason);
      expect(error).toBeInstanceOf(TypeError);
      if (wrong.length > 6) expect(String(error)).not.toContain(wrong.slice(6));
    }
  });
});
