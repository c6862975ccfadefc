import { describe, expect, it } from 'vitest';
import { connectCall, createWorkspace, offer, onCluster, startServer, unhurried } from '../support/fixtures.ts';
import { codeOf, commandNames, examples, fieldsOf, forget, withField } from './every-command.ts';
import { documentOf, room, silent } from './room.ts';

describe('ids that mean something to JavaScript', () => {
  // This server makes no recordings, whatever their ids are.
  const refusals = /^(INVALID_|NO_SUCH_ATTENDEE|NOT_SIGNED_IN|INVITE_OVER|NOT_ALLOWED)/;
  /** Calls and users have ids of others, which may be any text. */
  const isOurs = ([first]: readonly string[]) => first !== 'call' && first !== 'user';
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', '_', '_constructor'];

  it('are nobody’s, wherever they stand', async () => {
    const server = await startServer({ ...unhurried, CALL_CONTROL: 'participants' });
    const { owner, bob, eve } = await room(server);
    await connectCall(owner, bob);
    await eve.client.settled();
    forget(owner, bob, eve);
    const before = await documentOf(server, owner);
    for (const [command, { by, payload }] of Object.entries(examples(owner, bob))) {
      const { client } = by === 'owner' ? owner : bob;
      for (const path of fieldsOf(payload).filter((each) => each.at(-1) === 'id' && isOurs(each))) {
        for (const name of names) {
          const code = codeOf(await client.askRaw(command, withField(payload, path, name)));
          if (command === 'iceservers' && name.startsWith('_') && name !== '_') expect(code).toBeNull();
          else expect(code, `${command} ${path.join('.')} ${name}`).toMatch(refusals);
        }
      }
    }
    await silent(owner, bob, eve);
    expect(await documentOf(server, owner)).toEqual(before);
  });

  it('are no commands', async () => {
    const server = await startServer();
    const client = await server.connect();
    for (const name of [...names, 'valueOf', '__defineGetter__', 'error', 'messaged', 'disconnected', '']) {
      expect(codeOf(await client.askRaw(name, {})), name).toBe('UNKNOWN_COMMAND');
      client.send(name, {});
      await client.notice('alert');
    }
  });

  it('are text like any other in names and nonces, and pollute nothing as members', async () => {
    const server = await startServer();
    const { owner, bob } = await room(server);
    const client = await server.connect();
    for (const name of names) {
      const { attendee, nonce } = await client.must('create', { workspace: { name }, attendee: { name }, nonce: name });
      expect([attendee.name, nonce]).toEqual([name, name]);
    }
    const polluted = JSON.parse(
      `{"id":"c","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}`,
    ) as { id: string };
    await owner.client.must('ring', { ...owner.proof, callee: { id: bob.id }, offer, call: polluted });
    const { call } = await bob.client.notice('ring');
    expect(Object.hasOwn(call, '__proto__')).toBe(false);
    expect('polluted' in {}).toBe(false);
  });
});

describe('ids that clients and host systems make', () => {
  it.each([
    ['a control character', 'a\0b'],
    ['a half of a surrogate pair', '\ud800'],
  ])('are refused with %s, which databases do not keep', async (_, unfit) => {
    const server = await startServer({ ...unhurried, CALL_CONTROL: 'participants' });
    const { owner, bob } = await room(server);
    await connectCall(owner, bob);
    const tried = new Set<string>();
    for (const [command, { by, payload }] of Object.entries(examples(owner, bob))) {
      const { client } = by === 'owner' ? owner : bob;
      for (const path of fieldsOf(payload)) {
        const name = path.join('.');
        if (!/^(?:call\.id|user\.id|messageId|externalId|consultation\.id)$/.test(name)) continue;
        tried.add(name);
        const code = codeOf(await client.askRaw(command, withField(payload, path, unfit)));
        expect(code, `${command} ${name}`).toBe('INVALID_PAYLOAD');
      }
    }
    expect([...tried].sort()).toEqual(['call.id', 'consultation.id', 'externalId', 'messageId', 'user.id']);
  });
});

describe('payloads of a wrong form', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`) as object;
  const everyValue = {
    null: null,
    number: 42,
    true: true,
    list: [],
    object: {},
    'long text': 'x'.repeat(70_000),
    'deep object': deep,
    text: 'x',
    bytes: Buffer.from('bytes'),
  };
  /** Several processes check payloads with the code of one: there it is enough that a refusal stores nothing. */
  const isTried = (kind: string) => !onCluster || ['null', 'text', 'long text'].includes(kind);
  const values = Object.entries(everyValue).filter(([kind]) => isTried(kind));

  it.each(commandNames)('of %s are answered, change nothing when refused, and never fail inside', async (command) => {
    const server = await startServer({
      ...unhurried,
      CALL_CONTROL: 'participants',
    });
    const { owner, bob } = await room(server, { pin: '1234' });
    const call = await connectCall(owner, bob);
    if (command === 'answer' || command === 'busy') {
      await owner.client.must('ring', { ...owner.proof, callee: { id: bob.id }, offer, call });
    }
    const { by, payload } = examples(owner, bob, { pin: '1234', call })[command];
    const { client } = by === 'owner' ? owner : bob;
    let refused = 0;
    for (const path of fieldsOf(payload)) {
      for (const [kind, value] of values) {
        const before = await documentOf(server, owner);
        const code = codeOf(await client.askRaw(command, withField(payload, path, value)));
        const what = `${command} ${path.join('.')}: ${kind}`;
        if (code === null) continue;
        refused += 1;
        expect(code, what).not.toBe('INTERNAL');
        expect(code, what).not.toBe('BUSY_TRY_AGAIN');
        if (kind === 'long text') expect(code, what).toBe('TOO_LARGE');
        expect(await documentOf(server, owner), what).toEqual(before);
      }
    }
    expect(refused).toBeGreaterThan(0);
    await server.connect().then((other) => createWorkspace(server, { client: other }));
  });
});
