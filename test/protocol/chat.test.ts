import { expect, it } from 'vitest';
import { attend, createWorkspace, type Seat, startServer as start } from '../support/fixtures.ts';
import { describeChat, withChat } from './records.ts';

const startServer = (env: Record<string, string> = {}) => start({ ...withChat, ...env });

const write = (seat: Seat, messageId: string, text: string) =>
  seat.client.must('message', { ...seat.proof, messageId, text });

describeChat('a message in the chat', () => {
  it('reaches everybody else, with its place, its author and its time', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { name: 'Ann' });
    const bob = await attend(server, owner, { name: 'Bob' });
    const eve = await attend(server, owner, { name: 'Eve' });
    const answer = await write(bob, 'm-1', 'Hello <b>you</b>\r\n\tsecond line\u0007');
    expect(answer).toMatchObject({ seq: 1, at: expect.any(Number) });
    for (const { client } of [owner, eve]) {
      expect(await client.notice('message')).toEqual({
        seq: 1,
        at: answer.at,
        from: { id: bob.id, name: 'Bob' },
        messageId: 'm-1',
        text: 'Hello <b>you</b>\n\tsecond line',
      });
    }
    expect(await write(owner, 'm-1', 'Hi')).toMatchObject({ seq: 2 });
    expect(await bob.client.notice('message')).toMatchObject({ seq: 2, from: { name: 'Ann' } });
  });

  it('that is sent again is the same message, gets the same answer, and reaches nobody twice', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner);
    const [first, ...more] = await Promise.all(Array.from({ length: 5 }, () => write(bob, 'm-1', 'Once')));
    for (const each of more) expect(each).toEqual(first);
    expect(await write(bob, 'm-1', 'Another text')).toEqual(first);
    await write(bob, 'm-2', 'Twice');
    expect(await owner.client.notice('message')).toMatchObject({ seq: 1, text: 'Once' });
    expect(await owner.client.notice('message')).toMatchObject({ seq: 2, text: 'Twice' });
  });

  it('has its place without a gap, however many write at once, and everybody gets them in order', async () => {
    const server = await startServer({ COMMANDS_PER_SECOND: '10000' });
    const owner = await createWorkspace(server);
    const guests = [await attend(server, owner), await attend(server, owner)];
    const answers = await Promise.all(
      guests.flatMap((guest) => Array.from({ length: 50 }, (_, n) => write(guest, `m-${n}`, String(n)))),
    );
    expect(answers.map(({ seq }) => seq).sort((one, other) => one - other)).toEqual(
      Array.from({ length: 100 }, (_, n) => n + 1),
    );
    const { messages } = await owner.client.must('messages', { ...owner.proof, limit: 200 });
    expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    for (const guest of guests) {
      const own = messages.filter(({ from }) => from.id === guest.id).map(({ text }) => Number(text));
      expect(own).toEqual(Array.from({ length: 50 }, (_, n) => n));
    }
  });

  it.each([
    ['is empty', ''],
    ['holds only control characters', '\u0000\u0007'],
    ['is longer than the server takes', '😀'.repeat(11)],
  ])('is refused where its text %s', async (_, text) => {
    const server = await startServer({ MAX_MESSAGE_LENGTH: '10' });
    const owner = await createWorkspace(server);
    const payload = { ...owner.proof, messageId: 'm', text };
    expect(await owner.client.ask('message', payload)).toMatchObject({
      error: { code: 'INVALID_PAYLOAD', field: 'text', message: expect.stringContaining('1 to 10 characters') },
    });
    expect(await write(owner, 'm', '😀'.repeat(10))).toMatchObject({ seq: 1 });
  });

  it('of somebody who was removed is refused', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner);
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } });
    expect(await bob.client.ask('message', { ...bob.proof, messageId: 'm', text: 'Still here' })).toMatchObject({
      error: { code: 'NOT_SEATED' },
    });
    expect(await bob.client.ask('messages', bob.proof)).toMatchObject({ error: { code: 'NOT_SEATED' } });
  });
});

describeChat('the history of the chat', () => {
  it('is there for somebody who comes late, in pages in both directions', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    for (let n = 1; n <= 7; n += 1) await write(owner, `m-${n}`, `Message ${n}`);
    const late = await attend(server, owner);
    const seqs = async (range: object) => {
      const { messages, more } = await late.client.must('messages', { ...late.proof, ...range });
      return [messages.map(({ seq }) => seq), more];
    };
    expect(await seqs({})).toEqual([[1, 2, 3, 4, 5, 6, 7], false]);
    expect(await seqs({ limit: 3 })).toEqual([[5, 6, 7], true]);
    expect(await seqs({ before: 5, limit: 3 })).toEqual([[2, 3, 4], true]);
    expect(await seqs({ before: 2 })).toEqual([[1], false]);
    expect(await seqs({ after: 0, limit: 2 })).toEqual([[1, 2], true]);
    expect(await seqs({ after: 5 })).toEqual([[6, 7], false]);
    expect(await seqs({ after: 7 })).toEqual([[], false]);
    expect(await late.client.ask('messages', { ...late.proof, before: 5, after: 1 })).toMatchObject({
      error: { code: 'INVALID_PAYLOAD' },
    });
  });

  it('is that of one workspace alone', async () => {
    const server = await startServer();
    const one = await createWorkspace(server);
    const other = await createWorkspace(server);
    await write(one, 'm', 'Here');
    expect(await write(other, 'm', 'There')).toMatchObject({ seq: 1 });
    const { messages } = await other.client.must('messages', other.proof);
    expect(messages.map(({ text }) => text)).toEqual(['There']);
  });
});
