import { describe, expect, it } from 'vitest';
import { notices as noticeTable } from '../../src/protocol/notices.ts';
import type { NoticeName } from '../../src/protocol/types.ts';
import {
  attend,
  type Client,
  candidate,
  connectCall,
  createWorkspace,
  generations,
  offer,
  reattend,
  type Seat,
  startServer,
} from '../support/fixtures.ts';
import { describeChat, withChat } from './records.ts';
import { knock, seatOf } from './waiting.ts';

const [socketIo4, , socketIo2] = generations;

describe('pages of other origins', () => {
  const origins = { CORS_ORIGINS: 'https://meet.example.com' };

  it.each(generations)('cannot connect with $name', async (generation) => {
    const server = await startServer(origins);
    const client = await server.connect({ generation, origin: 'https://meet.example.com' });
    await createWorkspace(server, { client });
    for (const origin of [
      'https://evil.example.com',
      'https://meet.example.com.evil.com',
      'null',
      'http://localhost',
    ]) {
      await expect(server.connect({ generation, origin }), origin).rejects.toThrow();
    }
  });

  it('cannot get around that with scripts, which carry no origin', async () => {
    const server = await startServer(origins);
    for (const query of ['EIO=3&transport=polling&j=0', 'EIO=3&transport=polling&j=', 'EIO=4&transport=polling&j=0']) {
      const response = await fetch(`${server.url}/socket.io/?${query}`);
      expect(response.status, query).toBe(403);
      expect(await response.text()).not.toContain('___eio');
    }
  });
});

/**
 * Every notice, and where it is looked at: in the story below, or, if it has the payload of an ack, in that ack. A notice
 * that is missing here does not compile.
 */
const notices: Record<
  NoticeName,
  'here' | 'as an ack' | 'has no people in it' | 'to users, in invites.test.ts' | 'in recordings.test.ts'
> = {
  created: 'as an ack',
  'attendance-granted': 'as an ack',
  're-attendance-granted': 'as an ack',
  iceservers: 'here',
  attendees: 'here',
  attend: 'here',
  leave: 'here',
  kicked: 'here',
  destroyed: 'has no people in it',
  invitation: 'has no people in it',
  admission: 'has no people in it',
  knock: 'here',
  'knock-ended': 'here',
  waiting: 'here',
  'turned-away': 'has no people in it',
  full: 'has no people in it',
  alert: 'here',
  superseded: 'here',
  ring: 'here',
  answer: 'here',
  busy: 'here',
  unanswered: 'here',
  hangup: 'here',
  'call-joined': 'here',
  'call-left': 'here',
  'call-ending': 'has no people in it',
  'call-extended': 'has no people in it',
  presence: 'here',
  negotiation: 'here',
  icecandidate: 'here',
  'consultation-closed': 'has no people in it',
  message: 'here',
  invited: 'to users, in invites.test.ts',
  'invite-ended': 'has no people in it',
  'invite-answered': 'to users, in invites.test.ts',
  'inbox-item': 'to users, in invites.test.ts',
  'inbox-seen': 'has no people in it',
  recording: 'has no people in it',
  consent: 'in recordings.test.ts',
  'mic-toggle': 'here',
  'cam-toggle': 'here',
};

it('no notice has people in it that is said to have none', () => {
  const people = ['attendee', 'attendees', 'caller', 'callee', 'owner', 'user', 'waiting', 'id', 'name'];
  for (const name of Object.keys(notices) as NoticeName[]) {
    if (notices[name] !== 'has no people in it') continue;
    const schema = noticeTable[name].payload;
    const members = 'shape' in schema ? Object.keys(schema.shape) : [];
    expect(
      members.filter((member) => people.includes(member)),
      name,
    ).toEqual([]);
  }
});

describeChat('what leaves the server', () => {
  it.each([
    ['4', socketIo4],
    ['2', socketIo2],
  ])('has nothing of its inside, to clients of Socket.IO %s and those they meet', async (_, generation) => {
    const server = await startServer({ ...withChat, SEAT_GRACE_SECONDS: '0.1', RING_TIMEOUT_SECONDS: '0.2' });
    const clients: Client[] = [];
    const socketIds: (string | undefined)[] = [];
    const track = async <S extends Seat>(seat: Promise<S>): Promise<S> => {
      const { client } = await seat;
      clients.push(client);
      socketIds.push(client.socket.id);
      return seat;
    };
    const owner = await track(createWorkspace(server, { pin: '1234' }));
    let bob = await track(attend(server, owner, { pin: '1234', generation, session: 'b' }));
    const eve = await track(attend(server, owner, { pin: '1234' }));
    const zoe = await track(attend(server, owner, { pin: '1234', generation }));
    await owner.client.must('admission', { ...owner.proof, admission: 'ask' });
    const waiting = [await knock(server, owner, { pin: '1234' }), await knock(server, owner, { pin: '1234' })];
    for (const { client, id } of waiting) {
      clients.push(client);
      socketIds.push(client.socket.id);
      await owner.client.must('turn-away', { ...owner.proof, waiting: { id } });
    }
    const call = await connectCall(owner, eve);
    await owner.client.must('ring', { ...owner.proof, callee: { id: bob.id }, offer, call });
    await owner.client.notice('unanswered');
    await owner.client.must('ring', { ...owner.proof, callee: { id: bob.id }, offer, call });
    await bob.client.must('busy', { ...bob.proof, caller: { id: owner.id }, call });
    await eve.client.must('negotiation', { ...eve.to(bob), message: { type: 'offer', data: offer } });
    await eve.client.must('icecandidate', { ...eve.to(bob), candidate });
    await eve.client.must('message', { ...eve.proof, messageId: 'm', text: 'Hello' });
    await bob.client.must('mic-toggle', { ...bob.proof, state: false });
    await bob.client.must('cam-toggle', { ...bob.proof, state: false });
    const former = bob.client;
    bob = await track(reattend(server, bob, { generation }));
    await former.notice('(disconnected)');
    bob.client.close();
    await owner.client.notice('leave');
    await eve.client.must('leave-call', { ...eve.proof, call });
    await owner.client.must('hangup', { ...owner.proof, call });
    await zoe.client.must('attendees', zoe.proof);
    zoe.client.send('attendees', zoe.proof);
    zoe.client.send('destroy', zoe.proof);
    await zoe.client.notice('alert');
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: zoe.id } });
    await eve.client.must('leave', eve.proof);
    await owner.client.must('destroy', owner.proof);
    await zoe.client.settled();

    const everything = clients.flatMap((client) => client.everything);
    expect(everything.length).toBeGreaterThan(40);
    const heard = new Set(everything.map(({ notice }) => notice));
    for (const [notice, where] of Object.entries(notices)) if (where === 'here') expect(heard).toContain(notice);
    const members = new Set<string>();
    const text = JSON.stringify(everything, (key, value: unknown) => {
      members.add(key);
      return value;
    });
    for (const hidden of ['pinHash', 'connection', 'droppedAt', 'legacy', 'touched', 'rings', 'socket', 'pin']) {
      expect(members).not.toContain(hidden);
    }
    expect(text).not.toContain('$2b$');
    for (const socketId of socketIds) {
      expect(socketId).toMatch(/^.{20}/);
      expect(text).not.toContain(socketId);
    }
  });

  it('tells the people who wait nothing of the people inside, nor of each other', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { name: 'Olga' });
    const bob = await attend(server, owner, { name: 'Boris' });
    await owner.client.must('admission', { ...owner.proof, admission: 'ask' });
    const zoe = await knock(server, owner, { name: 'Zita' });
    const eve = await knock(server, owner, { name: 'Evita' });
    const joe = await knock(server, owner, { name: 'Josip' });
    await connectCall(owner, bob);
    await bob.client.must('mic-toggle', { ...bob.proof, state: false });
    await owner.client.must('renew-invitation', owner.proof);
    await owner.client.must('turn-away', { ...owner.proof, waiting: { id: zoe.id } });
    await eve.client.must('give-up', {});
    await bob.client.must('leave', bob.proof);
    for (const { client } of [zoe, eve, joe]) {
      await client.settled();
      const ids = { [zoe.id]: zoe, [eve.id]: eve, [joe.id]: joe };
      const others = Object.entries(ids).flatMap(([id, one]) => (one.client === client ? [] : [id]));
      const text = JSON.stringify(client.everything);
      for (const hidden of ['Olga', 'Boris', 'Zita', 'Evita', 'Josip', owner.id, bob.id, owner.token, ...others]) {
        expect(text).not.toContain(hidden);
      }
    }
    expect(joe.client.everything.map(({ notice }) => notice)).toEqual(
      expect.arrayContaining(['(attend)', 'waiting', 'waiting', '(iceservers)']),
    );
    await owner.client.must('admit', { ...owner.proof, waiting: { id: joe.id } });
    await seatOf(joe);
  });
});
