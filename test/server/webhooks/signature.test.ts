import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { newSecret, signatureHeaders } from '../../../src/server/webhooks/signature.ts';

const message = () => ({ id: 'evt_abc_1', sentAt: Date.now(), body: '{"type":"workspace.created","name":"Zoë 李"}' });

describe('A signature', () => {
  it('is taken by the public library, for every length of the key', () => {
    for (let bytes = 24; bytes <= 64; bytes++) {
      const secret = `whsec_${randomBytes(bytes).toString('base64')}`;
      const signed = message();
      const headers = { ...signatureHeaders(signed, [secret]) };
      expect(new Webhook(secret).verify(signed.body, headers)).toEqual(JSON.parse(signed.body));
    }
  });

  it('is the one that the standard gives as its example', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const example = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', sentAt: 1_614_265_330_000, body: '{"test": 2432232314}' };
    expect(signatureHeaders(example, [secret])).toEqual({
      'webhook-id': example.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('of two secrets is taken by receivers that know either, and by nobody else', () => {
    const [former, latter, other] = [newSecret(), newSecret(), newSecret()];
    const signed = message();
    const headers = { ...signatureHeaders(signed, [former, latter]) };
    for (const known of [former, latter]) expect(() => new Webhook(known).verify(signed.body, headers)).not.toThrow();
    expect(() => new Webhook(other).verify(signed.body, headers)).toThrow(/No matching signature/);
  });

  it('is for this body, id and time alone', () => {
    const secret = newSecret();
    const signed = message();
    const headers = { ...signatureHeaders(signed, [secret]) };
    const webhook = new Webhook(secret);
    const later = String(Number(headers['webhook-timestamp']) + 1);
    expect(() => webhook.verify(`${signed.body} `, headers)).toThrow();
    expect(() => webhook.verify(signed.body, { ...headers, 'webhook-id': 'evt_abc_2' })).toThrow();
    expect(() => webhook.verify(signed.body, { ...headers, 'webhook-timestamp': later })).toThrow();
  });
});
