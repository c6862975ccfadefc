import fc from 'fast-check';
import { expect, it } from 'vitest';
import { captionsOf, escaped } from '../../../../src/server/recordings/film/captions.ts';
import { type Box, HEIGHT, layout, WIDTH } from '../../../../src/server/recordings/film/layout.ts';
import { type Stay, type Take, timelineOf } from '../../../../src/server/recordings/film/timeline.ts';

const noon = 1.8e12;

const isWithin = ({ x, y, width, height }: Box) => x >= 0 && y >= 0 && x + width <= WIDTH && y + height <= HEIGHT;
const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

it('Places of people and screens lie within the picture, beside each other, on even pixels', () => {
  fc.assert(
    fc.property(fc.nat(3), fc.nat(16), (screens, people) => {
      const places = layout(screens, people);
      expect([places.screens.length, places.people.length]).toEqual([screens, people]);
      const all = [...places.screens, ...places.people];
      for (const [index, box] of all.entries()) {
        expect(isWithin(box)).toBe(true);
        expect(Object.values(box).filter((pixels) => pixels % 2 !== 0)).toEqual([]);
        expect(all.slice(index + 1).filter((other) => overlap(box, other))).toEqual([]);
      }
    }),
  );
  expect(layout(0, 1).people).toEqual([{ x: 0, y: 0, width: WIDTH, height: HEIGHT }]);
  expect(layout(0, 2).people.map(({ x }) => x)).toEqual([0, WIDTH / 2]);
});

const person = fc.constantFrom('ada', 'bob', 'eve');
const length = fc.nat(20_000);
const take = fc
  .record({
    person,
    isScreen: fc.boolean(),
    startedAt: length.map((ms) => noon + ms),
    videoMs: length,
    audioMs: length,
  })
  .map((each) => ({ ...each, name: each.person }));
const stay = fc
  .record({ person, from: length.map((ms) => noon + ms), ms: length })
  .map(({ person, from, ms }): Stay => ({ person, name: person, from, to: from + ms }));

it('A timeline has no gap, shows pictures that are there, and nobody twice at once', () => {
  fc.assert(
    fc.property(fc.array(take, { minLength: 1, maxLength: 8 }), fc.array(stay, { maxLength: 4 }), (some, stays) => {
      const takes = some.map((each, index): Take => ({ ...each, n: index + 1 }));
      const { scenes, frames, startedAt } = timelineOf(takes, stays, noon);
      expect(startedAt).toBeLessThanOrEqual(Math.min(...takes.map((each) => each.startedAt)));
      let at = 0;
      for (const scene of scenes) {
        expect(scene.fromFrame).toBe(at);
        expect(scene.frames).toBeGreaterThan(0);
        at += scene.frames;
        const shown = scene.tiles.flatMap((tile) => (tile.shown ? [tile.shown] : []));
        for (const { n, fromFrame } of shown) {
          const videoMs = takes.find((each) => each.n === n)?.videoMs ?? 0;
          expect(fromFrame).toBeGreaterThanOrEqual(0);
          expect(fromFrame * 40).toBeLessThan(videoMs);
        }
        expect(new Set(shown.map(({ n }) => n)).size).toBe(shown.length);
        const people = scene.tiles.map(({ label }) => label).filter((label) => !label.endsWith('(screen)'));
        expect(new Set(people).size).toBe(people.length);
      }
      expect(at).toBe(frames);
      const end = Math.max(...takes.map((each) => each.startedAt + Math.max(each.videoMs, each.audioMs)));
      expect(Math.abs(startedAt + frames * 40 - end)).toBeLessThanOrEqual(80);
    }),
  );
});

it('The last picture stays while another camera begins, and a name while somebody is away for longer', () => {
  const camera = { person: 'ada', name: 'Ada', isScreen: false, audioMs: 0 };
  const shownAt = (gap: number) =>
    timelineOf(
      [
        { ...camera, n: 1, startedAt: noon, videoMs: 1000 },
        { ...camera, n: 2, startedAt: noon + 1000 + gap, videoMs: 1000 },
      ],
      [],
      noon,
    ).scenes.map(({ tiles }) => tiles.map(({ label, shown }) => `${label} ${shown?.n}`));
  expect(shownAt(1200)).toEqual([['Ada 1'], ['Ada 2']]);
  expect(shownAt(2000)).toEqual([['Ada 1'], ['Ada undefined'], ['Ada 2']]);
  expect(shownAt(100_000)).toEqual([['Ada 1'], [], ['Ada 2']]);
});

it('A name makes no line and no command of the captions', () => {
  const box = { x: 0, y: 0, width: WIDTH, height: HEIGHT };
  const linesOf = (label: string) => captionsOf([{ box, label, shown: null }]).split('\n').length;
  const lines = linesOf('');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (name) => {
      const text = escaped(name);
      expect(text).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(text).not.toMatch(/(?<!\\)[{}]/);
      expect(text).not.toMatch(/\\[^\u2060{}]|\\$/);
      expect(linesOf(name)).toBe(lines);
    }),
    { numRuns: 50 },
  );
  expect([...escaped('x'.repeat(500))]).toHaveLength(61);
});
