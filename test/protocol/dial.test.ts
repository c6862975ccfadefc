import { expect, it } from 'vitest';
import {
  answer,
  type Client,
  connectCall,
  createWorkspace,
  offer,
  startServer,
  unhurried,
} from '../support/fixtures.ts';
import { codeOf } from './every-command.ts';
import { describeUsers, signIn, someUser, userToken, withUsers } from './users.ts';

const users = { ...withUsers, ...unhurried };

async function two(env: object = {}) {
  const server = await startServer({ ...users, ...env });
  const [ada, bob] = [someUser('ada'), someUser('bob')];
  const caller = await signIn(server, ada, { name: 'Ada' });
  const callee = await signIn(server, bob, { name: 'Bob' });
  return { server, ada, bob, caller, callee };
}

const dial = (client: Client, user: string) => client.must('dial', { user: { id: user }, media: 'audio', nonce: 'n' });

/** A seat as the answers of `dial` and `attend` give it. */
function seatOf(client: Client, granted: { workspace: { id: string }; attendee: { id: string }; accessToken: string }) {
  const { workspace, attendee, accessToken } = granted;
  const proof = { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
  return { client, id: attendee.id, accessToken, proof, to: () => ({ ...proof, broadcaster: { id: attendee.id } }) };
}

/** Dials, accepts and connects the call. */
async function connected() {
  const people = await two();
  const { caller, callee, bob } = people;
  const dialled = await dial(caller, bob);
  const { token } = await callee.notice('invited');
  const granted = await callee.must('attend', { workspace: { token }, attendee: {} });
  const [owner, seat] = [seatOf(caller, dialled), seatOf(callee, granted)];
  const { id } = await caller.notice('attend');
  expect(await caller.notice('invite-answered')).toMatchObject({ answer: 'accepted' });
  expect(id).toBe(seat.id);
  const call = await connectCall(owner, seat);
  return { ...people, owner, seat, call };
}

const missedOf = async (client: Client, length: number) => {
  await expect.poll(async () => (await client.must('inbox', {})).inbox.length).toBe(length);
  return (await client.must('inbox', {})).inbox;
};

/** The callee learns that the call of Ada is over, has it in the inbox, and can accept it no more. */
async function expectMissed(
  callee: Client,
  { invite, seq, from }: { invite: { id: string; token: string }; seq: number; from: string },
): Promise<void> {
  await callee.notice('invite-ended', (ended) => ended.invite.id === invite.id);
  const { item } = await callee.notice('inbox-item');
  expect(item).toMatchObject({ seq, type: 'missed-call', from: { name: 'Ada', user: { id: from } } });
  expect(codeOf(await callee.askRaw('attend', { workspace: { token: invite.token }, attendee: {} }))).toBe(
    'INVITE_OVER',
  );
}

describeUsers('dialling a user', () => {
  it('makes a workspace of two seats and rings the user into it', async () => {
    const { server, ada, bob, caller, callee } = await two();
    const dialled = await dial(caller, bob);
    expect(dialled).toMatchObject({
      workspace: {
        id: expect.stringMatching(/^_/),
        name: 'Anonymous Workspace',
        owner: dialled.attendee.id,
        dialled: true,
      },
      attendee: { name: 'Ada', user: { id: ada }, owner: true },
      accessToken: expect.any(String),
      nonce: 'n',
      invite: { ring: true, media: 'audio', from: { id: dialled.attendee.id, name: 'Ada', user: { id: ada } } },
    });
    await caller.notice('iceservers');
    expect(await callee.notice('invited')).toEqual(dialled.invite);
    const { invite, workspace } = dialled;
    const granted = await callee.must('attend', { workspace: { token: invite.token }, attendee: {} });
    expect(granted.workspace.id).toBe(workspace.id);
    const third = await server.connect();
    expect(codeOf(await third.askRaw('attend', { workspace: { token: workspace.token }, attendee: {} }))).toBe('FULL');
  });

  it('leads to a call that both hear, which ends for both with the user who leaves', async () => {
    const { caller, callee, seat } = await connected();
    await callee.must('leave', seat.proof);
    await caller.notice('destroyed');
    expect(codeOf(await callee.askRaw('attendees', seat.proof))).toMatch(/WORKSPACE_GONE|NOT_SEATED/);
    expect((await callee.must('inbox', {})).inbox).toEqual([]);
  });

  it('ends with its call for both, whichever user hangs up', async () => {
    const one = await connected();
    await one.caller.must('hangup', { ...one.owner.proof, call: one.call });
    await one.callee.notice('hangup');
    for (const client of [one.caller, one.callee]) await client.notice('destroyed');
    const other = await connected();
    await other.callee.must('leave-call', { ...other.seat.proof, call: other.call });
    for (const client of [other.caller, other.callee]) await client.notice('destroyed');
  });

  it('ends with a user whose connection is lost for good', async () => {
    const { server, bob, caller, callee } = await two({ SEAT_GRACE_SECONDS: '0.2' });
    const { invite } = await dial(caller, bob);
    await callee.must('attend', { workspace: { token: invite.token }, attendee: {} });
    callee.close();
    await caller.notice('destroyed');
    await server.connect();
  });

  it('is declined, and over', async () => {
    const { bob, caller, callee } = await two();
    const { invite, workspace } = await dial(caller, bob);
    await callee.must('decline', { invite: { id: invite.id }, reason: 'declined' });
    expect(await caller.notice('invite-answered')).toEqual({
      invite: { id: invite.id },
      user: { id: bob },
      answer: 'declined',
    });
    await caller.notice('destroyed');
    const heard = caller.everything.map(({ notice }) => notice);
    expect(heard.indexOf('invite-answered')).toBeLessThan(heard.indexOf('destroyed'));
    expect(codeOf(await callee.askRaw('attend', { workspace: { token: invite.token }, attendee: {} }))).toBe(
      'INVITE_OVER',
    );
    expect(codeOf(await callee.askRaw('attend', { workspace: { token: workspace.token }, attendee: {} }))).toBe(
      'WORKSPACE_GONE',
    );
    expect((await callee.must('inbox', {})).inbox).toEqual([]);
  });

  it('is missed where the caller gives up, in whatever way', async () => {
    const { ada, bob, caller, callee } = await two();
    const ways: ((dialled: Awaited<ReturnType<typeof dial>>) => Promise<unknown>)[] = [
      (dialled) => caller.must('leave', seatOf(caller, dialled).proof),
      (dialled) => caller.must('destroy', seatOf(caller, dialled).proof),
      (dialled) =>
        caller.must('cancel-invite', { ...seatOf(caller, dialled).proof, invite: { id: dialled.invite.id } }),
    ];
    for (const [index, giveUp] of ways.entries()) {
      const dialled = await dial(caller, bob);
      await callee.notice('invited', ({ id }) => id === dialled.invite.id);
      await giveUp(dialled);
      await expectMissed(callee, { invite: dialled.invite, seq: index + 1, from: ada });
    }
    expect(await missedOf(callee, ways.length)).toHaveLength(ways.length);
  });

  it('is missed where nobody answers in time', async () => {
    const { ada, bob, caller, callee } = await two({ RING_TIMEOUT_SECONDS: '0.5' });
    const { invite } = await dial(caller, bob);
    await callee.notice('invited', ({ id }) => id === invite.id);
    await caller.notice('invite-answered', ({ answer: given }) => given === 'unanswered');
    await expectMissed(callee, { invite, seq: 1, from: ada });
    expect(await missedOf(callee, 1)).toHaveLength(1);
  });

  it('rings a user who is away at the next sign-in', async () => {
    const { server, caller } = await two();
    const eve = someUser('eve');
    const { invite } = await dial(caller, eve);
    expect(await caller.notice('invite-answered')).toMatchObject({ answer: 'away' });
    const client = await server.connect();
    const { invites } = await client.must('sign-in', { userToken: userToken(eve) });
    expect(invites).toEqual([invite]);
    await client.must('attend', { workspace: { token: invite.token }, attendee: {} });
    expect(await caller.notice('invite-answered')).toMatchObject({ answer: 'accepted' });
  });

  it('finds a user who is on a call, or dials, busy: the call is missed and its workspace ends', async () => {
    const { server, bob, callee, seat, ada } = await connected();
    const eve = await signIn(server, someUser('eve'), { name: 'Eve' });
    for (const busy of [ada, bob]) {
      const { invite, workspace } = await dial(eve, busy);
      expect(workspace.id).toMatch(/^_/);
      expect(await eve.notice('invite-answered')).toEqual({
        invite: { id: invite.id },
        user: { id: busy },
        answer: 'busy',
      });
      await eve.notice('destroyed');
    }
    expect(await missedOf(callee, 1)).toMatchObject([{ seq: 1, from: { name: 'Eve' } }]);
    await callee.settled();
    expect(callee.heard).not.toContain('invited');
    await callee.must('leave', seat.proof);

    const carl = await signIn(server, someUser('carl'));
    const dave = someUser('dave');
    await dial(eve, dave);
    await carl.must('dial', { user: { id: (await eve.must('inbox', {})) && bob }, media: 'video' });
    // Bob is merely rung, by Carl: another caller rings him too.
    await callee.notice('invited');
    const { invite } = await dial(await signIn(server, someUser('zoe')), bob);
    await callee.notice('invited', ({ id }) => id === invite.id);
  });

  it('leaves every caller an own answer: the second takes the place of the first no more than the first keeps it', async () => {
    const { server, bob, caller, callee } = await two();
    const eve = await signIn(server, someUser('eve'));
    const [first, second] = [await dial(caller, bob), await dial(eve, bob)];
    await callee.must('decline', { invite: { id: first.invite.id }, reason: 'declined' });
    expect(await caller.notice('invite-answered')).toMatchObject({
      invite: { id: first.invite.id },
      answer: 'declined',
    });
    await caller.notice('destroyed');
    await callee.must('attend', { workspace: { token: second.invite.token }, attendee: {} });
    expect(await eve.notice('invite-answered')).toMatchObject({ invite: { id: second.invite.id }, answer: 'accepted' });
  });

  it('that the caller has given up is over for who declines it afterwards, and nothing else is', async () => {
    const { bob, caller, callee } = await two();
    const { invite, ...dialled } = await dial(caller, bob);
    await callee.notice('invited');
    await caller.must('leave', seatOf(caller, dialled).proof);
    await callee.notice('invite-ended');
    for (const reason of ['declined', 'busy'] as const) {
      expect(codeOf(await callee.askRaw('decline', { invite: { id: invite.id }, reason }))).toBe('INVITE_OVER');
    }
    const again = await dial(caller, bob);
    await callee.must('attend', { workspace: { token: again.invite.token }, attendee: {} });
  });

  it('finds one who dials somebody else busy', async () => {
    const { server, ada, caller } = await two();
    await dial(caller, someUser('nobody'));
    const eve = await signIn(server, someUser('eve'));
    const { invite } = await dial(eve, ada);
    expect(await eve.notice('invite-answered')).toMatchObject({ invite: { id: invite.id }, answer: 'busy' });
    await eve.notice('destroyed');
    expect(await missedOf(caller, 1)).toHaveLength(1);
  });

  it('brings two who dial each other together, in the earlier call', async () => {
    const { ada, bob, caller, callee } = await two();
    const first = await dial(caller, bob);
    const second = await dial(callee, ada);
    expect(second).toMatchObject({
      workspace: { id: first.workspace.id, owner: first.attendee.id },
      attendee: { user: { id: bob }, owner: false },
      invite: { id: first.invite.id },
      nonce: 'n',
    });
    expect(await caller.notice('attend')).toMatchObject({ id: second.attendee.id });
    expect(await caller.notice('invite-answered')).toMatchObject({
      invite: { id: first.invite.id },
      answer: 'accepted',
    });
    const [owner, seat] = [seatOf(caller, first), seatOf(callee, second)];
    await caller.must('ring', { ...owner.proof, callee: { id: seat.id }, offer, call: { id: 'c' } });
    await callee.notice('ring');
    await callee.must('answer', { ...seat.proof, caller: { id: owner.id }, answer, call: { id: 'c' } });
    for (const client of [caller, callee]) expect((await client.must('inbox', {})).inbox).toEqual([]);
  });

  it('brings them together too when both dial at the very same moment, again and again', async () => {
    const { server } = await two();
    for (let round = 0; round < 8; round += 1) {
      const [ada, bob] = [someUser('ada'), someUser('bob')];
      const [one, other] = [await signIn(server, ada), await signIn(server, bob)];
      const [first, second] = await Promise.all([dial(one, bob), dial(other, ada)]);
      expect(first.workspace.id).toBe(second.workspace.id);
      expect(first.invite.id).toBe(second.invite.id);
      expect(new Set([first.attendee.id, second.attendee.id]).size).toBe(2);
      const owner = first.attendee.owner ? one : other;
      expect(await owner.notice('invite-answered', ({ answer: given }) => given !== 'away')).toMatchObject({
        invite: { id: first.invite.id },
        answer: 'accepted',
      });
      await owner.notice('attend');
      for (const client of [one, other]) {
        await client.settled();
        expect(client.heard).not.toContain('destroyed');
        expect((await client.must('inbox', {})).inbox).toEqual([]);
        const { inbox } = await client.must('inbox', {});
        expect(inbox).toEqual([]);
      }
    }
  });

  it('once more on the same connection, because the answer was lost, is the same call', async () => {
    const { bob, caller, callee } = await two();
    const [first, second] = [await dial(caller, bob), await dial(caller, bob)];
    expect(second.workspace.id).toBe(first.workspace.id);
    expect(second.attendee.id).toBe(first.attendee.id);
    expect(second.invite).toEqual(first.invite);
    await callee.notice('invited');
  });

  it('is for users alone, not oneself, and not for one who belongs into one workspace', async () => {
    const { server, ada, bob, caller } = await two();
    const guest = await server.connect();
    expect(await guest.refused('dial', { user: { id: bob }, media: 'audio' })).toMatchObject({ code: 'NOT_SIGNED_IN' });
    expect(await caller.refused('dial', { user: { id: ada }, media: 'audio' })).toMatchObject({
      code: 'INVALID_PAYLOAD',
      field: 'user.id',
    });
    const owner = await createWorkspace(server);
    const patient = await signIn(server, someUser('pat'), { mesh: { workspace: owner.workspaceId } });
    expect(await patient.refused('dial', { user: { id: bob }, media: 'audio' })).toMatchObject({ code: 'NOT_ALLOWED' });
    const { invite } = await dial(caller, someUser('x'));
    expect(codeOf(await patient.askRaw('attend', { workspace: { token: invite.token }, attendee: {} }))).toBe(
      'NOT_ALLOWED',
    );
  });

  it('counts as creating a workspace', async () => {
    const { caller, callee, bob, ada } = await two({ CREATES_PER_MINUTE: '2' });
    for (let n = 0; n < 2; n += 1) {
      const dialled = await dial(caller, bob);
      await caller.must('leave', seatOf(caller, dialled).proof);
    }
    expect(await caller.refused('dial', { user: { id: bob }, media: 'audio' })).toMatchObject({ code: 'RATE_LIMITED' });
    await dial(callee, ada);
  });
});
