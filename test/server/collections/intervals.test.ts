import { expect, it } from 'vitest';
import { Intervals } from '../../../src/server/collections/intervals.ts';

it('The sum counts what lies after a time, and what overlaps only once', () => {
  const intervals = new Intervals();
  intervals.add(10, 20);
  intervals.add(30, 40);
  intervals.add(35, 50);
  expect(intervals.since(0)).toBe(30);
  expect(intervals.since(15)).toBe(25);
  expect(intervals.since(45)).toBe(5);
  expect(intervals.since(50)).toBe(0);
});

it('An interval that covers former ones takes their place, and an empty one adds nothing', () => {
  const intervals = new Intervals();
  intervals.add(10, 20);
  intervals.add(30, 40);
  intervals.add(5, 45);
  intervals.add(60, 60);
  intervals.add(70, 65);
  expect(intervals.since(0)).toBe(40);
});

it('Intervals without number do not fill the memory: the oldest are forgotten', () => {
  const intervals = new Intervals();
  for (let at = 0; at < 5000; at += 1) intervals.add(2 * at, 2 * at + 1);
  expect(intervals.since(0)).toBe(1000);
});
