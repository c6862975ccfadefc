import { describe, expect, it } from 'vitest';
import { arrange, type Box, type Size } from '../../src/page/stage/layout.ts';

const widths = [160, 320, 375, 414, 600, 768, 1024, 1280, 1920, 3840];
const heights = [120, 240, 375, 480, 667, 720, 896, 1080, 2160];
const stages: Size[] = widths.flatMap((width) => heights.map((height) => ({ width, height })));
const counts = Array.from({ length: 9 }, (_, index) => index + 1);

function overlap(one: Box, other: Box): boolean {
  return (
    one.left < other.left + other.width &&
    other.left < one.left + one.width &&
    one.top < other.top + other.height &&
    other.top < one.top + one.height
  );
}

function expectToFit(boxes: readonly Box[], { width, height }: Size, what: string): void {
  for (const [index, box] of boxes.entries()) {
    expect(box.left, what).toBeGreaterThanOrEqual(0);
    expect(box.top, what).toBeGreaterThanOrEqual(0);
    expect(box.left + box.width, what).toBeLessThanOrEqual(width);
    expect(box.top + box.height, what).toBeLessThanOrEqual(height);
    expect(Math.min(box.width, box.height), what).toBeGreaterThan(0);
    for (const other of boxes.slice(index + 1)) expect(overlap(box, other), what).toBe(false);
  }
}

describe('The tiles of the stage', () => {
  it.each(counts)('fit without covering each other, when there are %i, on every screen', (count) => {
    for (const stage of stages) {
      const boxes = arrange(count, stage, -1);
      expect(boxes).toHaveLength(count);
      expectToFit(boxes, stage, `${count} on ${stage.width} × ${stage.height}`);
    }
  });

  it.each(counts)('fit beside a shared screen too, when there are %i', (count) => {
    for (const stage of stages.filter(({ width, height }) => Math.min(width, height) >= 240)) {
      for (let spotlight = 0; spotlight < count; spotlight += 1) {
        const boxes = arrange(count, stage, spotlight);
        const what = `${count} on ${stage.width} × ${stage.height}, ${spotlight} shares`;
        expect(boxes).toHaveLength(count);
        expectToFit(boxes, stage, what);
        const areas = boxes.map(({ width, height }) => width * height);
        expect(Math.max(...areas), what).toBe(areas[spotlight]);
      }
    }
  });

  it('are all of the same size, and neither narrower than faces nor wider than pictures', () => {
    for (const count of counts) {
      for (const stage of stages) {
        const [first, ...others] = arrange(count, stage, -1) as [Box, ...Box[]];
        for (const { width, height } of others)
          expect({ width, height }).toEqual({ width: first.width, height: first.height });
        // Whole pixels.
        expect((first.width + 1) / first.height).toBeGreaterThanOrEqual(3 / 4);
        expect(first.width / (first.height + 1)).toBeLessThanOrEqual(16 / 9);
      }
    }
  });

  it('are none on a stage without any size', () => {
    expect(arrange(3, { width: 0, height: 0 }, -1)).toEqual([]);
    expect(arrange(0, { width: 800, height: 600 }, -1)).toEqual([]);
  });
});
