import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PictureEncoding } from '../../src/client/picture-ladder.ts';
import {
  type Decision,
  decide,
  idle,
  type PairInput,
  type PairSample,
  type PolicyInput,
  type PolicyState,
} from '../../src/client/picture-policy.ts';

const everything = { height: null, frameRate: null };
const camera = { isScreen: false, height: 360 };

function pairs(count: number, rest: Partial<PairInput> = {}): PairInput[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `_${index}`,
    isConnected: true,
    hasSound: true,
    agreedForMs: 1_000,
    wish: everything,
    ...rest,
  }));
}

function input(rest: Partial<PolicyInput>): PolicyInput {
  return { now: 0, cores: 2, lateMs: 0, measured: null, source: camera, pairs: [], ...rest };
}

function pictureOf({ pictures }: Decision, id = '_0'): PictureEncoding {
  const picture = pictures.get(id);
  if (!picture) throw new Error(`no picture for ${id}`);
  return picture;
}

/** Pixels a second, in units of a full picture. */
const weight = ({ active, scaleResolutionDownBy, maxFramerate }: PictureEncoding) =>
  active ? maxFramerate / scaleResolutionDownBy ** 2 : 0;

/** A device with so many processors, of which each full picture takes a share, and other programs take the rest. */
interface Device {
  cores: number;
  /** The processors that 24 full pictures a second need. */
  fullPicture: number;
  /** The processors that everything else needs. */
  rest: number;
}

/** Plays a call on a device, a measurement a second. @returns the decisions */
function play(device: Device, everybody: readonly PairInput[], seconds: number): Decision[] {
  const decisions: Decision[] = [];
  let state: PolicyState = idle;
  const measuredAt = new Map<string, number>();
  for (let second = 0; second < seconds; second += 1) {
    const now = second * 1_000;
    const former = decisions.at(-1);
    const need = everybody.reduce((sum, { id }) => {
      const picture = former?.pictures.get(id);
      return sum + (picture ? (weight(picture) / 24) * device.fullPicture * 1.2 : 0);
    }, device.rest);
    const crowding = Math.max(1, need / device.cores);
    const pair = everybody[second % everybody.length];
    const picture = pair && former?.pictures.get(pair.id);
    const since = pair && measuredAt.get(pair.id);
    let measured: PolicyInput['measured'] = null;
    if (pair && picture?.active && since !== undefined) {
      const frame = (device.fullPicture * 1000) / 24 / picture.scaleResolutionDownBy ** 2;
      const rate = picture.maxFramerate / crowding;
      const sample: PairSample = {
        since,
        sourceRate: rate,
        encodedRate: rate,
        encodeMs: frame * crowding,
        decodedRate: rate,
        decodeMs: frame * 0.2 * crowding,
        limitedBy: 'none',
      };
      measured = { id: pair.id, sample };
    }
    if (pair) measuredAt.set(pair.id, now);
    const lateMs = 20 + 800 * (crowding - 1);
    const decision = decide(state, input({ now, cores: device.cores, lateMs, measured, pairs: everybody }));
    state = decision.state;
    decisions.push(decision);
  }
  return decisions;
}

const anyRate = fc.option(fc.oneof(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constant(0)), { nil: undefined });
const anySample = fc.record({
  since: fc.integer({ min: -1e4, max: 1e5 }),
  sourceRate: anyRate,
  encodedRate: anyRate,
  decodedRate: anyRate,
  encodeMs: anyRate,
  decodeMs: anyRate,
  limitedBy: fc.constantFrom('none', 'cpu', 'bandwidth', 'other', undefined),
  availableBitrate: anyRate,
});
const anyWish = fc.record({
  height: fc.option(fc.integer({ min: 0, max: 3_000 })),
  frameRate: fc.option(fc.integer({ min: 0, max: 60 })),
});
const anyPair = fc.record({
  isConnected: fc.boolean(),
  hasSound: fc.boolean(),
  agreedForMs: fc.option(fc.integer({ min: 0, max: 20_000 })),
  wish: anyWish,
});
const anyStep = fc.record({
  after: fc.integer({ min: 0, max: 20_000 }),
  lateMs: fc.option(fc.integer({ min: 0, max: 10_000 })),
  cores: fc.integer({ min: 1, max: 64 }),
  of: fc.nat({ max: 6 }),
  sample: fc.option(anySample),
  isScreen: fc.boolean(),
  height: fc.integer({ min: 1, max: 3_000 }),
  pairs: fc.array(anyPair, { maxLength: 7 }),
});

/** Anything that may happen, in any order. */
const anyStory = fc.array(anyStep, { minLength: 1, maxLength: 30 }).map((steps) => {
  let now = 0;
  return steps.map(({ after, of, sample, isScreen, height, pairs, ...rest }): PolicyInput => {
    now += after;
    return {
      ...rest,
      now,
      measured: sample && { id: `_${of}`, sample },
      source: { isScreen, height },
      pairs: pairs.map((pair, index) => ({ id: `_${index}`, ...pair })),
    };
  });
});

function tell(story: readonly PolicyInput[]): { step: PolicyInput; decision: Decision; former: PolicyState }[] {
  let former = idle;
  return story.map((step) => {
    const told = { step, decision: decide(former, step), former };
    former = told.decision.state;
    return told;
  });
}

const device = fc.record({
  cores: fc.constantFrom(1, 2, 4, 8),
  fullPicture: fc.double({ min: 0.02, max: 1.5, noNaN: true }),
  rest: fc.double({ min: 0, max: 1.2, noNaN: true }),
});

describe('The size of the pictures', () => {
  it('stays within its bounds, whatever is measured', () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        for (const { step, decision } of tell(story)) {
          expect([...decision.pictures.keys()]).toEqual(step.pairs.map(({ id }) => id));
          let bitrate = 0;
          for (const picture of decision.pictures.values()) {
            bitrate += picture.maxBitrate;
            expect(picture.maxBitrate).toBeGreaterThanOrEqual(80_000);
            expect(picture.maxBitrate).toBeLessThanOrEqual(1_200_000);
            expect(picture.maxFramerate).toBeGreaterThanOrEqual(2);
            expect(picture.maxFramerate).toBeLessThanOrEqual(24);
            expect(picture.scaleResolutionDownBy).toBeGreaterThanOrEqual(1);
            expect(picture.scaleResolutionDownBy).toBeLessThanOrEqual(4);
            expect(picture.priority).toBe('low');
          }
          expect(bitrate).toBeLessThanOrEqual(4_000_000);
        }
      }),
    );
  });

  it('starts no picture before its connection and its sound, nor while another pair is about to connect', () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        for (const { step, decision, former } of tell(story)) {
          const isBusyConnecting = step.pairs.some(
            ({ isConnected, agreedForMs }) => !isConnected && agreedForMs !== null && agreedForMs < 5_000,
          );
          for (const { id, isConnected, hasSound, agreedForMs } of step.pairs) {
            if (!pictureOf(decision, id).active) continue;
            expect(isConnected).toBe(true);
            if (former.routes.has(id)) continue;
            expect(isBusyConnecting).toBe(false);
            expect(hasSound || (agreedForMs ?? 0) >= 3_000).toBe(true);
          }
        }
      }),
    );
  });

  it('is none for a tile that is hidden, the least for a tiny one, and no larger than the tile needs', () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        for (const { step, decision } of tell(story)) {
          for (const { id, wish } of step.pairs) {
            const picture = pictureOf(decision, id);
            if (wish.height === 0) expect(picture.active).toBe(false);
            if (wish.height !== null && wish.height <= step.source.height / 4) expect(picture.maxBitrate).toBe(80_000);
            if (wish.frameRate !== null && !step.source.isScreen)
              expect(picture.maxFramerate).toBeLessThanOrEqual(Math.max(5, wish.frameRate));
          }
        }
      }),
    );
  });

  it('shrinks at once when the device is late, or an encoder says that it is too much', () => {
    const short = fc.constantFrom<Partial<PolicyInput>>(
      { lateMs: 1_500 },
      { measured: { id: '_0', sample: { since: 1e6, limitedBy: 'cpu' } } },
      { measured: { id: '_0', sample: { since: 1e6, sourceRate: 20, encodedRate: 5, limitedBy: 'none' } } },
      { measured: { id: '_0', sample: { since: 1e6, encodedRate: 8, encodeMs: 40, limitedBy: 'none' } } },
    );
    fc.assert(
      fc.property(short, fc.integer({ min: 1, max: 7 }), (measurement, count) => {
        const strong = play({ cores: 8, fullPicture: 0.05, rest: 0.1 }, pairs(count), 40).at(-1);
        if (!strong) throw new Error('nothing was played');
        const step = input({ now: 1e6 + 1_000, cores: 2, pairs: pairs(count), ...measurement });
        const next = decide(strong.state, step);
        for (const [id, picture] of next.pictures) expect(weight(picture)).toBeLessThan(weight(pictureOf(strong, id)));
        expect(next.frameRate).not.toBeNull();
      }),
    );
  });

  it('begins small and reaches the full size for one other person within eight seconds', () => {
    const decisions = play({ cores: 2, fullPicture: 0.08, rest: 0.3 }, pairs(1), 9);
    expect(pictureOf(decisions[0] as Decision)).toMatchObject({ active: true, scaleResolutionDownBy: 2 });
    expect(pictureOf(decisions.at(-1) as Decision)).toMatchObject({
      maxBitrate: 1_200_000,
      maxFramerate: 24,
      scaleResolutionDownBy: 1,
    });
    expect(decisions.some(({ isBusy }) => isBusy)).toBe(false);
  });

  it('comes to rest on any device, without rising and falling again and again', () => {
    fc.assert(
      fc.property(device, fc.integer({ min: 1, max: 7 }), (machine, count) => {
        const decisions = play(machine, pairs(count), 900).map((decision) => weight(pictureOf(decision)));
        const late = decisions.slice(300);
        const changes = late.filter((value, at) => at > 0 && value !== late[at - 1]).length;
        // A rung that is too much is tried every two minutes at most: one step up, and one down.
        expect(changes).toBeLessThanOrEqual(12);
        expect(changes === 0 || new Set(late).size <= 3).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('is no larger with more people, and no larger on a weaker device', () => {
    const rest = (machine: Device, count: number) => {
      const values = play(machine, pairs(count), 300).map((decision) => weight(pictureOf(decision)));
      return Math.max(...values.slice(-60));
    };
    fc.assert(
      fc.property(
        device,
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 1, max: 4, noNaN: true }),
        (machine, n, f) => {
          const here = rest(machine, n);
          expect(rest(machine, n + 1)).toBeLessThanOrEqual(here);
          expect(rest({ ...machine, fullPicture: machine.fullPicture * f }, n)).toBeLessThanOrEqual(here);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('uses a device that has time to spare in full, and says on one that has none why pictures are small', () => {
    const strong = play({ cores: 8, fullPicture: 0.05, rest: 0.2 }, pairs(3), 60).at(-1) as Decision;
    expect(pictureOf(strong)).toMatchObject({ scaleResolutionDownBy: 1, maxFramerate: 24 });
    expect(strong).toMatchObject({ isBusy: false, frameRate: null });
    const weak = play({ cores: 2, fullPicture: 0.4, rest: 2.6 }, pairs(4), 60).at(-1) as Decision;
    expect(weight(pictureOf(weak))).toBeLessThan(1);
    expect(weak.isBusy).toBe(true);
    expect(weak.frameRate).toBeLessThanOrEqual(12);
  });

  it('follows a participant whose way is narrow for a while, and leaves the others as they are', () => {
    const [far, near, third] = pairs(3) as [PairInput, PairInput, PairInput];
    const everybody = [far, near, third];
    let state = play({ cores: 8, fullPicture: 0.05, rest: 0.2 }, everybody, 40).at(-1)?.state ?? idle;
    /** Measures one pair after the other. @returns the bitrates of the far one */
    const goOn = (from: number, until: number, ofFar: Partial<PairSample>) => {
      const bitrates: number[] = [];
      for (let second = from; second < until; second += 1) {
        const pair = everybody[second % 3] as PairInput;
        const sample: PairSample = { since: second * 1_000 - 3_000, limitedBy: 'none', ...(pair === far ? ofFar : {}) };
        const measured = { id: pair.id, sample };
        const decision = decide(state, input({ now: second * 1_000, cores: 8, pairs: everybody, measured }));
        state = decision.state;
        expect(pictureOf(decision, near.id).maxBitrate).toBe(1_200_000);
        bitrates.push(pictureOf(decision, far.id).maxBitrate);
      }
      return bitrates;
    };
    const narrow = goOn(40, 60, { limitedBy: 'bandwidth', availableBitrate: 150_000 });
    expect(narrow.at(-1)).toBeLessThanOrEqual(200_000);
    expect(goOn(60, 120, {}).at(-1)).toBe(1_200_000);
  });

  it('stays small on a busy device when its connections begin anew', () => {
    const weak = play({ cores: 2, fullPicture: 0.4, rest: 2.6 }, pairs(1), 60).at(-1) as Decision;
    const lost = decide(weak.state, input({ now: 60_000, pairs: pairs(1, { isConnected: false }) }));
    const again = decide(lost.state, input({ now: 61_000, pairs: pairs(1) }));
    expect(pictureOf(lost).active).toBe(false);
    expect(pictureOf(again)).toEqual(pictureOf(weak));
  });

  it('keeps the pixels of a screen, and takes its frames', () => {
    const screen = { isScreen: true, height: 1080 };
    const start = decide(idle, input({ pairs: pairs(4), source: screen }));
    expect(pictureOf(start)).toMatchObject({ scaleResolutionDownBy: 2, maxFramerate: 4 });
  });
});
