import { expect, it, onTestFinished } from 'vitest';
import { Hearing } from '../../../src/server/transport/hearing.ts';

/** A server whose clock and waiting people the test sets. */
function server() {
  const state = { now: 0, oldestMs: 0 };
  const reported: [number, number][] = [];
  const hearing = new Hearing(
    () => state.now,
    (from, until) => reported.push([from, until]),
  );
  hearing.watch({
    get oldestMs() {
      return state.oldestMs;
    },
  });
  onTestFinished(() => hearing.close());
  const pass = (ms: number) => {
    for (const end = state.now + ms; state.now < end; ) {
      state.now += 250;
      hearing.look();
    }
  };
  return { state, hearing, reported, pass };
}

it('A server that takes everybody in at once hears all the time', () => {
  const { hearing, state, pass, reported } = server();
  pass(2000);
  state.oldestMs = 900;
  pass(2000);
  expect(hearing.unheardMs(0)).toBe(0);
  expect(reported).toEqual([]);
  expect(hearing.notBefore(state.now)).toBe(state.now);
});

it('The time in which somebody waits for longer than a second counts as unheard, and other nodes are told', () => {
  const { hearing, state, pass, reported } = server();
  pass(1000);
  state.oldestMs = 1500;
  pass(3000);
  expect(hearing.isDeaf).toBe(true);
  // Otherwise seats whose time is nearly over would be looked at all the time.
  expect(hearing.notBefore(state.now + 1)).toBe(state.now + 1000);
  state.oldestMs = 0;
  pass(5000);
  expect(hearing.unheardMs(0)).toBe(3000);
  expect(hearing.unheardMs(3000)).toBe(1000);
  expect(reported.map(([from, until]) => until - from).reduce((sum, ms) => sum + ms, 0)).toBe(3000);
});

it('A standstill of the event loop counts, also for a deadline that comes before the next look', () => {
  const { hearing, state, pass } = server();
  pass(1000);
  state.now += 30_000;
  expect(hearing.unheardMs(0)).toBe(30_000);
  expect(hearing.unheardMs(11_000)).toBe(20_000);
});

it('What another node did not hear counts here, too', () => {
  const { hearing, pass } = server();
  pass(10_000);
  hearing.add(2000, 5000);
  expect(hearing.unheardMs(0)).toBe(3000);
});
