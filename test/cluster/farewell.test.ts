import { describe, expect, it } from 'vitest';
import { codeOf } from '../protocol/every-command.ts';
import { candidate, type Owner, type Seat, unhurried } from '../support/fixtures.ts';
import { guestAt, ownerAt, threeOf } from './seats-on-nodes.ts';
import { sharedCluster } from './shared-cluster.ts';

const rounds = 8;

/** The notices of a client since the notice of the kick. */
function heardSince({ client: { everything } }: Seat, news: '(kick)' | 'kicked'): string[] {
  const names = everything.map(({ notice }) => notice);
  expect(names).toContain(news);
  return names.slice(names.indexOf(news));
}

describe('somebody who is kicked while they send as fast as they can', () => {
  it.each(['short', 'ordinary'])(
    'is not heard any more by those on other nodes who know of it, where relays go the %s way',
    async (path) => {
      const env = path === 'short' ? unhurried : { ...unhurried, RELAY_PATH: path };
      const cluster = await sharedCluster(env);
      const [one, two, three] = threeOf(cluster);
      for (let round = 0; round < rounds; round += 1) {
        const owner = await ownerAt(cluster, one);
        const bob = await guestAt(cluster, two, owner);
        const eve = await guestAt(cluster, three, owner);
        const send = (times: number) => {
          for (let n = 0; n < times; n += 1) {
            for (const target of [owner, eve]) bob.client.send('icecandidate', { ...bob.to(target), candidate });
          }
        };
        send(50);
        const kicked = owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } });
        send(200);
        await kicked;
        send(50);
        for (const { client } of [bob, owner, eve]) await client.settled();
        expect(heardSince(owner, '(kick)')).not.toContain('icecandidate');
        expect(heardSince(eve, 'kicked')).not.toContain('icecandidate');
      }
    },
  );
});

describe('somebody at another node to whom candidates went', () => {
  it.each([
    { how: 'has left', go: (_: Owner, bob: Seat) => bob.client.must('leave', bob.proof), news: 'leave' },
    {
      how: 'was kicked',
      go: (owner: Owner, bob: Seat) => owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } }),
      news: 'kicked',
    },
  ] as const)('and who $how gets none any more: the next one is refused', async ({ go, news }) => {
    const cluster = await sharedCluster(unhurried);
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, one);
    const bob = await guestAt(cluster, two, owner);
    const eve = await guestAt(cluster, three, owner);
    const send = async ({ client, to }: Seat) => codeOf(await client.askRaw('icecandidate', { ...to(bob), candidate }));
    for (const sender of [eve, eve, owner]) expect(await send(sender)).toBeNull();
    await go(owner, bob);
    await eve.client.notice(news, ({ id }) => id === bob.id);
    if (news === 'leave') await owner.client.notice('leave', ({ id }) => id === bob.id);
    for (const sender of [eve, owner]) expect(await send(sender)).toBe('NO_SUCH_ATTENDEE');
  });
});
