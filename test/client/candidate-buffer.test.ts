import { describe, expect, it } from 'vitest';
import { CandidateBuffer } from '../../src/client/candidate-buffer.ts';

const candidates = (count: number, tag?: string) =>
  Array.from({ length: count }, (_, index) => ({
    candidate: `candidate:${index} 1 udp 1 192.0.2.1 1 typ host`,
    ...(tag === undefined ? {} : { tag }),
  }));

function bufferOf(...all: ReturnType<typeof candidates>): CandidateBuffer {
  const buffer = new CandidateBuffer();
  for (const candidate of all) buffer.add(candidate);
  return buffer;
}

describe('The candidate buffer', () => {
  it('returns the candidates of one connection in the order in which they came, and keeps the others', () => {
    const [one, other] = [candidates(3, 'one'), candidates(2, 'other')];
    const [first, second, third] = one;
    const buffer = bufferOf(...[first, other[0], second, other[1], third].filter((each) => each !== undefined));
    expect(buffer.take('one')).toEqual(one);
    expect(buffer.take('other')).toEqual(other);
  });

  it('returns each candidate once', () => {
    const buffer = bufferOf(...candidates(2, 'one'));
    buffer.take('one');
    expect(buffer.take('one')).toEqual([]);
  });

  it('returns candidates without a tag for the empty tag alone', () => {
    const buffer = bufferOf(...candidates(2), ...candidates(1, 'one'));
    expect(buffer.take('')).toEqual(candidates(2));
    expect(buffer.take('one')).toEqual(candidates(1, 'one'));
  });

  it('keeps the latest 200, whatever connection they belong to', () => {
    const buffer = bufferOf(...candidates(150, 'one'), ...candidates(150, 'other'));
    expect(buffer.take('one')).toEqual(candidates(150, 'one').slice(100));
    expect(buffer.take('other')).toEqual(candidates(150, 'other'));
  });
});
