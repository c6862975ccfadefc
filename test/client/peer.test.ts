import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Peer } from '../../src/client/peer.ts';
import type { TaggedDescription } from '../../src/client/tagged.ts';
import { pass, settled, until, useVirtualTime } from './clock.ts';
import type { Random } from './random.ts';
import { type PostOptions, type Site, World } from './world.ts';

const agreed = {
  lines: ['audio', 'video', 'application'],
  transceivers: ['audio', 'video'],
  signaling: 'stable',
};

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Ends a world, and checks that nothing is left of it. */
async function end(world: World): Promise<void> {
  world.close();
  await settled();
  await settled();
  expect(world.sentByClosed).toBe(0);
  expect(world.ether.connections.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
}

/** Waits until the two are connected and stay so. */
async function connects(world: World, limitMs: number, what = ''): Promise<number> {
  for (let passed = 0; passed <= limitMs; ) {
    const took = await until(() => world.isConnected, limitMs - passed);
    if (took === null) break;
    passed += took;
    await pass(1_000);
    if (!world.isConnected) {
      passed += 1_000;
      continue;
    }
    expect(world.lines, what).toEqual([agreed, agreed]);
    return passed;
  }
  throw new Error(`not connected: ${what} ${JSON.stringify(world.sites.map(({ state }) => state))}
${world.post.log.slice(-40).join('\n')}`);
}

const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('A pair on a good network', () => {
  const starts: Record<string, ['offer' | 'awaitOffer', 'offer' | 'awaitOffer', number]> = {
    'the polite one offers': ['offer', 'awaitOffer', 2],
    'the other one offers': ['awaitOffer', 'offer', 2],
    'both offer at once': ['offer', 'offer', 3],
  };
  for (const [name, [here, there, descriptions]] of Object.entries(starts)) {
    it(`connects within seconds and few messages when ${name}`, async () => {
      for (const seed of seeds(60)) {
        const world = new World(seed);
        world.polite.peer[here]();
        world.impolite.peer[there]();
        await connects(world, 5_000, `seed ${seed}`);
        await pass(60_000);
        const { offer, answer } = world.post.sent;
        expect(offer + answer, `seed ${seed}`).toBe(descriptions);
        expect(world.messages).toBeLessThan(30);
        await end(world);
      }
    });
  }
});

interface Chaos extends Omit<PostOptions, 'isUnmarked'> {
  isUnmarked?: boolean;
  /** The time in which everything goes wrong, in ms. */
  lasts: number;
  mishaps: number;
}

/** Replaces a page by another one. */
function reload(world: World, site: Site): void {
  const { random } = world;
  const other = world.otherThan(site);
  site.renew().awaitOffer();
  if (random.chance(0.5)) site.peer.nudge();
  if (random.chance(0.6)) world.post.tell('server', other.name, () => other.renew().offer());
}

function mishap(world: World, healing: Set<() => void>): void {
  const { random, post, ether } = world;
  const site = random.pick(world.sites);
  const other = world.otherThan(site);
  const later = (low: number, high: number, task: () => void) => {
    const once = () => {
      if (healing.delete(once)) task();
    };
    healing.add(once);
    world.later(random.between(low, high), once);
  };
  random.pick([
    () => {
      post.setAway(site.name, true);
      if (random.chance(0.7)) post.tell('server', other.name, () => other.peer.setOnline(false));
      later(50, 9_000, () => {
        post.setAway(site.name, false);
        site.peer.nudge();
        post.tell('server', other.name, () => other.peer.setOnline(true));
      });
    },
    () => {
      ether.isBlocked = () => true;
      ether.changed();
      later(500, 25_000, () => {
        ether.isBlocked = () => false;
        ether.changed();
      });
    },
    () => site.connection?.connectionState !== 'closed' && site.connection?.fail(),
    () => reload(world, site),
    () => site.peer.offer(),
    () => site.peer.nudge(),
    () => {
      site.peer.nudge();
      other.peer.nudge();
    },
    () => site.peer.replaceTracks(site.tracks as unknown as { audio: MediaStreamTrack; video: MediaStreamTrack }),
  ])();
}

function begin(world: World, random: Random): void {
  const [one, other] = random.chance(0.5) ? world.sites : [world.impolite, world.polite];
  random.pick([
    () => {
      one.peer.offer();
      other.peer.awaitOffer();
    },
    () => {
      one.peer.offer();
      other.peer.offer();
    },
    () => {
      one.peer.awaitOffer();
      other.peer.awaitOffer();
    },
    () => ring(world, one, other),
  ])();
}

/** One page rings the other, which answers a while later. */
function ring(world: World, caller: Site, callee: Site): void {
  const { random, post } = world;
  const { peer } = caller;
  const answer = async (offer: TaggedDescription, answering: Peer) => {
    if (callee.peer !== answering) return;
    const made = await answering.answerRing(offer).catch(() => null);
    if (!made) return;
    post.tell(callee.name, caller.name, () => {
      if (caller.peer !== peer) return;
      if (random.chance(0.8)) peer.receive(made);
      peer.expect();
    });
  };
  peer.ring().then(
    (offer) =>
      post.tell(caller.name, callee.name, () => {
        const answering = callee.peer;
        world.later(random.between(0, 3_000), () => answer(offer, answering));
      }),
    () => {},
  );
}

async function survives(seed: number, { lasts, mishaps, ...post }: Chaos): Promise<World> {
  const world = new World(seed, post);
  const { random } = world;
  const healing = new Set<() => void>();
  begin(world, random);
  for (let count = 0; count < mishaps; count += 1) world.later(random.between(0, lasts), () => mishap(world, healing));
  await pass(lasts);
  for (const heal of [...healing]) heal();
  world.post.options = { ...world.post.options, delayMs: [5, 60], reorders: false, duplicates: 0 };
  return world;
}

describe('A pair that everything happens to', () => {
  const chaoses: Record<string, Chaos> = {
    'messages in order': { delayMs: [5, 400], reorders: false, duplicates: 0, lasts: 20_000, mishaps: 4 },
    'messages in order and much happening': {
      delayMs: [5, 900],
      reorders: false,
      duplicates: 0,
      lasts: 20_000,
      mishaps: 12,
    },
    'repeated messages': { delayMs: [5, 400], reorders: false, duplicates: 0.2, lasts: 20_000, mishaps: 6 },
    'messages out of order': { delayMs: [5, 1_500], reorders: true, duplicates: 0.1, lasts: 20_000, mishaps: 8 },
    'messages without marks': {
      delayMs: [5, 400],
      reorders: false,
      duplicates: 0,
      isUnmarked: true,
      lasts: 20_000,
      mishaps: 4,
    },
  };
  for (const [name, chaos] of Object.entries(chaoses)) {
    it(`is connected in the end, with ${name}`, async () => {
      for (const seed of seeds(250)) {
        const world = await survives(seed, chaos);
        const before = world.messages;
        await connects(world, 30_000, `seed ${seed}`);
        expect(world.messages - before, `seed ${seed}`).toBeLessThan(60);
        await end(world);
      }
    });
  }
});

describe('A pair whose other side', () => {
  it('never answers is failed at the deadline for that reason, and connected if the answer comes after all', async () => {
    const world = new World(1);
    const { polite, impolite, post } = world;
    post.setAway('impolite', true);
    polite.peer.offer();
    await pass(9_000);
    expect(polite.state).toMatchObject({ state: 'connecting', reason: null });
    await pass(1_500);
    expect(polite.state).toMatchObject({ state: 'failed', reason: 'answer-timeout' });
    await pass(60_000);
    expect(polite.state).toMatchObject({ state: 'failed', reason: 'answer-timeout' });
    expect(post.sent.offer).toBeLessThan(15);
    expect(impolite.state.state).toBe('connecting');
    post.setAway('impolite', false);
    await connects(world, 15_000);
    expect(polite.state.reason).toBeNull();
    await end(world);
  });

  it('is offline is failed for that reason, and connected soon after it is back', async () => {
    const world = new World(1);
    const { polite, post } = world;
    post.setAway('impolite', true);
    polite.peer.setOnline(false);
    polite.peer.offer();
    await pass(10_500);
    expect(polite.state).toMatchObject({ state: 'failed', reason: 'peer-gone' });
    post.setAway('impolite', false);
    polite.peer.setOnline(true);
    await connects(world, 3_000);
    await end(world);
  });

  it('is asked in a ring is not expected before it answers', async () => {
    const world = new World(1);
    const { polite, impolite } = world;
    const [offer] = await Promise.all([polite.peer.ring(), pass(1_000)]);
    polite.peer.nudge();
    polite.peer.setOnline(false);
    polite.peer.setOnline(true);
    await pass(40_000);
    expect(polite.state).toMatchObject({ state: 'connecting', reason: null });
    expect(world.post.sent).toMatchObject({ offer: 0, answer: 0 });
    const [answer] = await Promise.all([impolite.peer.answerRing(offer), pass(100)]);
    polite.peer.receive(answer);
    polite.peer.expect();
    await connects(world, 3_000);
    expect(world.post.sent).toMatchObject({ offer: 0, answer: 0 });
    await end(world);
  });

  it('offers while a ring waits is answered, for the ring may have got lost', async () => {
    const world = new World(1);
    const { polite, impolite } = world;
    await Promise.all([impolite.peer.ring(), pass(1_000)]);
    polite.peer.offer();
    await connects(world, 3_000);
    await end(world);
  });

  it('has no route to here is failed for that reason, and connected once there is one', async () => {
    const world = new World(1);
    const { polite, impolite, ether } = world;
    ether.isBlocked = () => true;
    polite.peer.offer();
    impolite.peer.awaitOffer();
    await pass(30_000);
    for (const { state } of world.sites) expect(state).toMatchObject({ state: 'failed', reason: 'no-route' });
    const { offer, answer } = world.post.sent;
    expect(offer + answer).toBeLessThan(24);
    ether.isBlocked = () => false;
    ether.changed();
    await connects(world, 15_000);
    await end(world);
  });
});

describe('A pair that is connected', () => {
  async function connected(seed = 1): Promise<World> {
    const world = new World(seed);
    world.impolite.peer.awaitOffer();
    world.polite.peer.offer();
    await connects(world, 5_000);
    return world;
  }

  it('stays on its connections when ICE fails', async () => {
    for (const seed of seeds(20)) {
      const world = await connected(seed);
      const { polite, impolite } = world;
      const before = world.messages;
      for (const site of world.sites) site.connection.fail();
      expect(polite.state.state).toBe('reconnecting');
      await connects(world, 5_000, `seed ${seed}`);
      expect(world.ether.created).toBe(2);
      expect(impolite.state.state).toBe('connected');
      expect(world.messages - before).toBeLessThan(15);
      await end(world);
    }
  });

  it('answers an offer again without giving its own one up, when the answer got lost', async () => {
    const world = await connected();
    const { polite, impolite, post } = world;
    // The restart of one side comes through, but neither its answer nor the restart of the other side does.
    impolite.connection.fail();
    await until(() => polite.connection.signalingState === 'have-remote-offer', 500, 1);
    post.setAway('polite', true);
    await until(() => polite.connection.signalingState === 'stable', 500, 1);
    polite.connection.fail();
    await pass(1_000);
    polite.peer.nudge();
    await until(() => polite.connection.signalingState === 'have-local-offer', 3_000, 1);
    expect(impolite.connection.signalingState).toBe('have-local-offer');
    post.setAway('polite', false);
    await connects(world, 8_000);
    expect(world.ether.created).toBe(2);
    await end(world);
  });

  it('begins anew when the other side did so while an offer was on its way', async () => {
    for (const seed of seeds(20)) {
      const world = await connected(seed);
      const { polite, impolite } = world;
      impolite.connection.fail();
      polite.renew().awaitOffer();
      polite.peer.offer();
      await connects(world, 3_000, `seed ${seed}`);
      await end(world);
    }
  });

  it('is reconnecting, with a deadline, as soon as the other side begins anew', async () => {
    const world = await connected();
    const { polite, impolite, post } = world;
    polite.renew().offer();
    await until(() => impolite.connection.signalingState !== 'stable', 500, 1);
    post.setAway('polite', true);
    expect(impolite.state.state).toBe('reconnecting');
    await pass(11_000);
    expect(impolite.state.state).toBe('failed');
    await end(world);
  });

  it('is not held up by an answer that fits nothing', async () => {
    const world = new World(1);
    const { polite, post } = world;
    post.setAway('impolite', true);
    polite.peer.offer();
    await pass(100);
    polite.peer.receive({ type: 'answer', sdp: 'nonsense' });
    post.setAway('impolite', false);
    await connects(world, 5_000);
    await end(world);
  });

  it('takes messages of before both sides offered at once', async () => {
    const world = new World(1);
    const { polite, impolite } = world;
    for (const { peer } of world.sites) peer.offer();
    polite.peer.send('hello');
    impolite.peer.send('hi');
    await pass(30);
    polite.peer.send('hello again');
    await connects(world, 5_000);
    expect([polite.heard, impolite.heard]).toEqual([['hi'], ['hello', 'hello again']]);
    await end(world);
  });
});

describe('A pair that is closed', () => {
  it('says nothing more, and leaves no connection, whatever it was about', async () => {
    for (const seed of seeds(100)) {
      const world = new World(seed);
      begin(world, world.random);
      await pass(world.random.between(0, 300));
      await end(world);
    }
  });

  it('tells whoever waits for its offer or its answer', async () => {
    const world = new World(1);
    const { polite, impolite } = world;
    const [offer] = await Promise.all([impolite.peer.ring(), pass(100)]);
    const waiting = [polite.peer.answerRing(offer), impolite.renew().ring()];
    for (const { peer } of world.sites) peer.close();
    const results = await Promise.allSettled([...waiting, polite.peer.ring()]);
    const over = { status: 'rejected', reason: { code: 'CALL_OVER' } };
    expect(results).toMatchObject([over, over, over]);
    await end(world);
  });
});

describe('Two that ring each other at once', () => {
  it('are connected in the end', async () => {
    for (const seed of seeds(20)) {
      const world = new World(seed);
      ring(world, world.polite, world.impolite);
      ring(world, world.impolite, world.polite);
      await connects(world, 30_000, `seed ${seed}`);
      await end(world);
    }
  });
});
