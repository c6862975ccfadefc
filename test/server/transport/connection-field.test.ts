import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { ConnectionField } from '../../../src/server/transport/connection-field.ts';
import type { EngineConnection } from '../../../src/server/transport/engine.ts';

const number = new ConnectionField(1);
const text = new ConnectionField<string | null>(null);
const connection = () => new EventEmitter() as unknown as EngineConnection;

it('Each connection has its own value of each field, and the first one until it is set', () => {
  const [one, other] = [connection(), connection()];
  number.set(one, 2);
  text.set(other, 'other');
  expect([number.get(one), text.get(one)]).toEqual([2, null]);
  expect([number.get(other), text.get(other)]).toEqual([1, 'other']);
});

it('What is kept of a connection does not show in it', () => {
  const one = connection();
  const before = Object.keys(one);
  number.set(one, 2);
  expect(Object.keys(one)).toEqual(before);
});

it('No object stands for the connections that inherit from it', () => {
  number.set(Object.prototype as EngineConnection, 7);
  expect(number.get(connection())).toBe(1);
});
