import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Peer } from '../../src/client/peer.ts';
import type { TaggedDescription } from '../../src/client/tagged.ts';
import { pass, settled, until, useVirtualTime } from './clock.ts';
import type { Random } from './random.ts';
import { type SignalingOptions, type SimulatedPage, Simulation } from './simulation.ts';

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

/** Ends a simulation, and checks that nothing is left of it. */
async function end(simulation: Simulation): Promise<void> {
  simulation.close();
  await settled();
  await settled();
  expect(simulation.sentByClosed).toBe(0);
  expect(simulation.network.connections.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
}

/** Waits until the two are connected and stay so. */
async function connects(simulation: Simulation, limitMs: number, what = ''): Promise<number> {
  for (let passed = 0; passed <= limitMs; ) {
    const took = await until(() => simulation.isConnected, limitMs - passed);
    if (took === null) break;
    passed += took;
    await pass(1_000);
    if (!simulation.isConnected) {
      passed += 1_000;
      continue;
    }
    expect(simulation.lines, what).toEqual([agreed, agreed]);
    return passed;
  }
  throw new Error(`not connected: ${what} ${JSON.stringify(simulation.pages.map(({ state }) => state))}
${simulation.signaling.log.slice(-40).join('\n')}`);
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
        const simulation = new Simulation(seed);
        simulation.polite.peer[here]();
        simulation.impolite.peer[there]();
        await connects(simulation, 5_000, `seed ${seed}`);
        await pass(60_000);
        const { offer, answer } = simulation.signaling.sent;
        expect(offer + answer, `seed ${seed}`).toBe(descriptions);
        expect(simulation.messages).toBeLessThan(30);
        await end(simulation);
      }
    });
  }
});

interface Chaos extends Omit<SignalingOptions, 'isUntagged'> {
  isUntagged?: boolean;
  /** The time in which everything goes wrong, in ms. */
  lasts: number;
  mishaps: number;
}

/** Replaces a page by another one. */
function reload(simulation: Simulation, page: SimulatedPage): void {
  const { random } = simulation;
  const other = simulation.otherThan(page);
  page.renew().awaitOffer();
  if (random.chance(0.5)) page.peer.nudge();
  if (random.chance(0.6)) simulation.signaling.tell('server', other.name, () => other.renew().offer());
}

function mishap(simulation: Simulation, healing: Set<() => void>): void {
  const { random, signaling, network } = simulation;
  const page = random.pick(simulation.pages);
  const other = simulation.otherThan(page);
  const later = (low: number, high: number, task: () => void) => {
    const once = () => {
      if (healing.delete(once)) task();
    };
    healing.add(once);
    simulation.later(random.between(low, high), once);
  };
  random.pick([
    () => {
      signaling.setAway(page.name, true);
      if (random.chance(0.7)) signaling.tell('server', other.name, () => other.peer.setOnline(false));
      later(50, 9_000, () => {
        signaling.setAway(page.name, false);
        page.peer.nudge();
        signaling.tell('server', other.name, () => other.peer.setOnline(true));
      });
    },
    () => {
      network.isBlocked = () => true;
      network.changed();
      later(500, 25_000, () => {
        network.isBlocked = () => false;
        network.changed();
      });
    },
    () => page.connection?.connectionState !== 'closed' && page.connection?.fail(),
    () => reload(simulation, page),
    () => page.peer.offer(),
    () => page.peer.nudge(),
    () => {
      page.peer.nudge();
      other.peer.nudge();
    },
    () => page.peer.replaceTracks(page.tracks as unknown as { audio: MediaStreamTrack; video: MediaStreamTrack }),
  ])();
}

function begin(simulation: Simulation, random: Random): void {
  const [one, other] = random.chance(0.5) ? simulation.pages : [simulation.impolite, simulation.polite];
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
    () => ring(simulation, one, other),
  ])();
}

/** One page rings the other, which answers a while later. */
function ring(simulation: Simulation, caller: SimulatedPage, callee: SimulatedPage): void {
  const { random, signaling } = simulation;
  const { peer } = caller;
  const answer = async (offer: TaggedDescription, answering: Peer) => {
    if (callee.peer !== answering) return;
    const made = await answering.answerRing(offer).catch(() => null);
    if (!made) return;
    signaling.tell(callee.name, caller.name, () => {
      if (caller.peer !== peer) return;
      if (random.chance(0.8)) peer.receive(made);
      peer.expect();
    });
  };
  peer.ring().then(
    (offer) =>
      signaling.tell(caller.name, callee.name, () => {
        const answering = callee.peer;
        simulation.later(random.between(0, 3_000), () => answer(offer, answering));
      }),
    () => {},
  );
}

async function survives(seed: number, { lasts, mishaps, ...signaling }: Chaos): Promise<Simulation> {
  const simulation = new Simulation(seed, signaling);
  const { random } = simulation;
  const healing = new Set<() => void>();
  begin(simulation, random);
  for (let count = 0; count < mishaps; count += 1)
    simulation.later(random.between(0, lasts), () => mishap(simulation, healing));
  await pass(lasts);
  for (const heal of [...healing]) heal();
  simulation.signaling.options = { ...simulation.signaling.options, delayMs: [5, 60], reorders: false, duplicates: 0 };
  return simulation;
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
      isUntagged: true,
      lasts: 20_000,
      mishaps: 4,
    },
  };
  for (const [name, chaos] of Object.entries(chaoses)) {
    it(`is connected in the end, with ${name}`, async () => {
      for (const seed of seeds(250)) {
        const simulation = await survives(seed, chaos);
        const before = simulation.messages;
        await connects(simulation, 30_000, `seed ${seed}`);
        expect(simulation.messages - before, `seed ${seed}`).toBeLessThan(60);
        await end(simulation);
      }
    });
  }
});

describe('A pair whose other side', () => {
  it('never answers is failed at the deadline for that reason, and connected if the answer comes after all', async () => {
    const simulation = new Simulation(1);
    const { polite, impolite, signaling } = simulation;
    signaling.setAway('impolite', true);
    polite.peer.offer();
    await pass(9_000);
    expect(polite.state).toMatchObject({ state: 'connecting', reason: null });
    await pass(1_500);
    expect(polite.state).toMatchObject({ state: 'failed', reason: 'answer-timeout' });
    await pass(60_000);
    expect(polite.state).toMatchObject({ state: 'failed', reason: 'answer-timeout' });
    expect(signaling.sent.offer).toBeLessThan(15);
    expect(impolite.state.state).toBe('connecting');
    signaling.setAway('impolite', false);
    await connects(simulation, 15_000);
    expect(polite.state.reason).toBeNull();
    await end(simulation);
  });

  it('is offline is failed for that reason, and connected soon after it is back', async () => {
    const simulation = new Simulation(1);
    const { polite, signaling } = simulation;
    signaling.setAway('impolite', true);
    polite.peer.setOnline(false);
    polite.peer.offer();
    await pass(10_500);
    expect(polite.state).toMatchObject({ state: 'failed', reason: 'peer-gone' });
    signaling.setAway('impolite', false);
    polite.peer.setOnline(true);
    await connects(simulation, 3_000);
    await end(simulation);
  });

  it('is asked in a ring is not expected before it answers', async () => {
    const simulation = new Simulation(1);
    const { polite, impolite } = simulation;
    const [offer] = await Promise.all([polite.peer.ring(), pass(1_000)]);
    polite.peer.nudge();
    polite.peer.setOnline(false);
    polite.peer.setOnline(true);
    await pass(40_000);
    expect(polite.state).toMatchObject({ state: 'connecting', reason: null });
    expect(simulation.signaling.sent).toMatchObject({ offer: 0, answer: 0 });
    const [answer] = await Promise.all([impolite.peer.answerRing(offer), pass(100)]);
    polite.peer.receive(answer);
    polite.peer.expect();
    await connects(simulation, 3_000);
    expect(simulation.signaling.sent).toMatchObject({ offer: 0, answer: 0 });
    await end(simulation);
  });

  it('offers while a ring waits is answered, for the ring may have got lost', async () => {
    const simulation = new Simulation(1);
    const { polite, impolite } = simulation;
    await Promise.all([impolite.peer.ring(), pass(1_000)]);
    polite.peer.offer();
    await connects(simulation, 3_000);
    await end(simulation);
  });

  it('has no route to here is failed for that reason, and connected once there is one', async () => {
    const simulation = new Simulation(1);
    const { polite, impolite, network } = simulation;
    network.isBlocked = () => true;
    polite.peer.offer();
    impolite.peer.awaitOffer();
    await pass(30_000);
    for (const { state } of simulation.pages) expect(state).toMatchObject({ state: 'failed', reason: 'no-route' });
    // The server says so in its answer to the report of the failure.
    polite.peer.leftOut(['mdns']);
    expect(polite.state).toMatchObject({ state: 'failed', reason: 'no-route', leftOut: ['mdns'] });
    const { offer, answer } = simulation.signaling.sent;
    expect(offer + answer).toBeLessThan(24);
    network.isBlocked = () => false;
    network.changed();
    await connects(simulation, 15_000);
    polite.peer.leftOut(['mdns']);
    expect(polite.state.leftOut, 'of a pair that is connected').toEqual([]);
    await end(simulation);
  });
});

describe('A pair that is connected', () => {
  async function connected(seed = 1): Promise<Simulation> {
    const simulation = new Simulation(seed);
    simulation.impolite.peer.awaitOffer();
    simulation.polite.peer.offer();
    await connects(simulation, 5_000);
    return simulation;
  }

  it('stays on its connections when ICE fails', async () => {
    for (const seed of seeds(20)) {
      const simulation = await connected(seed);
      const { polite, impolite } = simulation;
      const before = simulation.messages;
      for (const page of simulation.pages) page.connection.fail();
      expect(polite.state.state).toBe('reconnecting');
      await connects(simulation, 5_000, `seed ${seed}`);
      expect(simulation.network.created).toBe(2);
      expect(impolite.state.state).toBe('connected');
      expect(simulation.messages - before).toBeLessThan(15);
      await end(simulation);
    }
  });

  it('answers an offer again without giving its own one up, when the answer got lost', async () => {
    const simulation = await connected();
    const { polite, impolite, signaling } = simulation;
    // The restart of one side comes through, but neither its answer nor the restart of the other side does.
    impolite.connection.fail();
    await until(() => polite.connection.signalingState === 'have-remote-offer', 500, 1);
    signaling.setAway('polite', true);
    await until(() => polite.connection.signalingState === 'stable', 500, 1);
    polite.connection.fail();
    await pass(1_000);
    polite.peer.nudge();
    await until(() => polite.connection.signalingState === 'have-local-offer', 3_000, 1);
    expect(impolite.connection.signalingState).toBe('have-local-offer');
    signaling.setAway('polite', false);
    await connects(simulation, 8_000);
    expect(simulation.network.created).toBe(2);
    await end(simulation);
  });

  it('begins anew when the other side did so while an offer was on its way', async () => {
    for (const seed of seeds(20)) {
      const simulation = await connected(seed);
      const { polite, impolite } = simulation;
      impolite.connection.fail();
      polite.renew().awaitOffer();
      polite.peer.offer();
      await connects(simulation, 3_000, `seed ${seed}`);
      await end(simulation);
    }
  });

  it('is reconnecting, with a deadline, as soon as the other side begins anew', async () => {
    const simulation = await connected();
    const { polite, impolite, signaling } = simulation;
    polite.renew().offer();
    await until(() => impolite.connection.signalingState !== 'stable', 500, 1);
    signaling.setAway('polite', true);
    expect(impolite.state.state).toBe('reconnecting');
    await pass(11_000);
    expect(impolite.state.state).toBe('failed');
    await end(simulation);
  });

  it('is not held up by an answer that fits nothing', async () => {
    const simulation = new Simulation(1);
    const { polite, signaling } = simulation;
    signaling.setAway('impolite', true);
    polite.peer.offer();
    await pass(100);
    polite.peer.receive({ type: 'answer', sdp: 'nonsense' });
    signaling.setAway('impolite', false);
    await connects(simulation, 5_000);
    await end(simulation);
  });

  it('takes messages of before both sides offered at once', async () => {
    const simulation = new Simulation(1);
    const { polite, impolite } = simulation;
    for (const { peer } of simulation.pages) peer.offer();
    polite.peer.send('hello');
    impolite.peer.send('hi');
    await pass(30);
    polite.peer.send('hello again');
    await connects(simulation, 5_000);
    expect([polite.heard, impolite.heard]).toEqual([['hi'], ['hello', 'hello again']]);
    await end(simulation);
  });
});

describe('A pair that is closed', () => {
  it('says nothing more, and leaves no connection, whatever it was about', async () => {
    for (const seed of seeds(100)) {
      const simulation = new Simulation(seed);
      begin(simulation, simulation.random);
      await pass(simulation.random.between(0, 300));
      await end(simulation);
    }
  });

  it('tells whoever waits for its offer or its answer', async () => {
    const simulation = new Simulation(1);
    const { polite, impolite } = simulation;
    const [offer] = await Promise.all([impolite.peer.ring(), pass(100)]);
    const waiting = [polite.peer.answerRing(offer), impolite.renew().ring()];
    for (const { peer } of simulation.pages) peer.close();
    const results = await Promise.allSettled([...waiting, polite.peer.ring()]);
    const over = { status: 'rejected', reason: { code: 'CALL_OVER' } };
    expect(results).toMatchObject([over, over, over]);
    await end(simulation);
  });
});

describe('Two that ring each other at once', () => {
  it('are connected in the end', async () => {
    for (const seed of seeds(20)) {
      const simulation = new Simulation(seed);
      ring(simulation, simulation.polite, simulation.impolite);
      ring(simulation, simulation.impolite, simulation.polite);
      await connects(simulation, 30_000, `seed ${seed}`);
      await end(simulation);
    }
  });
});
