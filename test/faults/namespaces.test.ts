import { describe, expect, it } from 'vitest';
import { candidate } from '../support/fixtures.ts';
import { Networks, type RemoteClient, whyNoNamespaces } from './namespaces.ts';
import { atSoak, figure, patience } from './soak.ts';

const missing = whyNoNamespaces();
const isIpMissing = missing?.startsWith('ip is missing') === true;
if (missing) console.warn(`Network namespaces cannot be had (${missing}), so the tests in them are skipped.`);

/** Where everything has to be tested, only a kernel that refuses is an excuse. */
const maySkip = missing !== null && !(process.env.CI === 'true' && isIpMissing);

const heartbeat = 0.5;

interface Person {
  client: RemoteClient;
  id: string;
  proof: { workspace: { id: string }; attendee: { id: string }; accessToken: string };
}

/** An owner and a guest, each in a network of its own. */
async function meet(graceSeconds: number) {
  const networks = new Networks();
  const settings = { HEARTBEAT_SECONDS: String(heartbeat), SEAT_GRACE_SECONDS: String(graceSeconds) };
  const { port } = await networks.serve(settings);
  const [first, second] = await Promise.all([networks.connect('a', port), networks.connect('b', port)]);
  const created = await first.must('create', { workspace: {}, attendee: {} });
  const workspace = { token: created.workspace.token };
  const attended = await second.must('attend', { workspace, attendee: {} });
  const person = (client: RemoteClient, { workspace, attendee, accessToken }: typeof created | typeof attended) => ({
    client,
    id: attendee.id,
    proof: { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken },
  });
  return { networks, owner: person(first, created), guest: person(second, attended) };
}

async function relays(from: Person, to: Person, sdpMid: string): Promise<void> {
  const { workspace, accessToken } = from.proof;
  const ids = { workspace, accessToken, attendee: { id: to.id }, broadcaster: { id: from.id } };
  await from.client.must('icecandidate', { ...ids, candidate: { ...candidate, sdpMid } });
  await to.client.notice('icecandidate', ({ candidate }) => candidate.sdpMid === sdpMid);
}

const isPresent = ({ client }: Person, { id }: Person, present: boolean) =>
  client.notice('presence', ({ attendee, connected }) => attendee.id === id && connected === present);

/** Its client connects again by itself, and takes its seat. */
async function comesBack({ client, proof }: Person) {
  await client.notice('(connected)');
  return client.ask('re-attend', proof);
}

describe.skipIf(maySkip)('Somebody in another network', () => {
  it('whose link is down for a while keeps the seat, and the relays go on', { timeout: patience(10) }, async () => {
    const { networks, owner, guest } = await meet(3600);
    let worst = 0;
    for (let round = 0; round < atSoak(1, 20); round += 1) {
      await relays(owner, guest, `before ${round}`);
      const since = Date.now();
      networks.setLink('b', 'down');
      await isPresent(owner, guest, false);
      const ms = Date.now() - since;
      worst = Math.max(worst, ms);
      expect(ms).toBeLessThan(2 * heartbeat * 1000 + 1000);
      await guest.client.notice('(disconnected)');
      networks.setLink('b', 'up');
      expect(await comesBack(guest)).toMatchObject({ ok: true });
      await isPresent(owner, guest, true);
      await relays(owner, guest, `there ${round}`);
      await relays(guest, owner, `back ${round}`);
    }
    figure(`links down: noticed after ${worst} ms at most, with heartbeats of ${heartbeat * 1000} ms`);
    expect(owner.client.heard).not.toContain('leave');
  });

  it('whose link is down for too long loses the seat, and the others hear that it is free', async () => {
    const { networks, owner, guest } = await meet(1);
    networks.setLink('b', 'down');
    await owner.client.notice('leave', ({ id }) => id === guest.id);
    await guest.client.notice('(disconnected)');
    networks.setLink('b', 'up');
    expect(await comesBack(guest)).toMatchObject({ ok: false, error: { code: 'NOT_SEATED' } });
    const { attendees } = await owner.client.must('attendees', owner.proof);
    expect(Object.keys(attendees)).toEqual([owner.id]);
  });

  it('whose address changes comes back to the seat from the new one', async () => {
    const { networks, owner, guest } = await meet(3600);
    await relays(owner, guest, 'before');
    networks.changeAddress('b');
    expect(await comesBack(guest)).toMatchObject({ ok: true, attendee: { id: guest.id } });
    await relays(owner, guest, 'there');
    await relays(guest, owner, 'back');
    const { attendees } = await owner.client.must('attendees', owner.proof);
    expect(Object.keys(attendees)).toHaveLength(2);
    expect(owner.client.heard).not.toContain('leave');
  });

  it('whose packets are late or get lost misses no relay', async (context) => {
    const { networks, owner, guest } = await meet(3600);
    const reason = networks.disturb('b', 'delay', '100ms', '20ms', 'loss', '5%');
    if (reason) {
      console.warn(`Packets cannot be lost here (${reason}), so this test is skipped.`);
      context.skip();
    }
    for (let n = 0; n < 100; n += 1) {
      await relays(n % 2 === 0 ? owner : guest, n % 2 === 0 ? guest : owner, String(n));
    }
    expect(owner.client.heard).not.toContain('leave');
  });
});
