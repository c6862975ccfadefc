import type { EngineConnection } from './engine.ts';

/** The values of all fields, by connection. A property of the connection would be seen by all that inherit from it. */
const values = new WeakMap<EngineConnection, unknown[]>();

/** The first value of each field. */
const initial: unknown[] = [];

/**
 * One field of what the server keeps of each connection of Engine.IO. All fields of a connection lie in one array, so they
 * are found by one lookup, take less memory than a WeakMap each, and end with the connection. A file that keeps something
 * of connections declares its own field, when it is loaded.
 */
export class ConnectionField<Value> {
  readonly #index: number;

  /** @param value the first value, for all connections */
  constructor(value: Value) {
    this.#index = initial.push(value) - 1;
  }

  get(connection: EngineConnection): Value {
    return valuesOf(connection)[this.#index] as Value;
  }

  set(connection: EngineConnection, value: Value): void {
    valuesOf(connection)[this.#index] = value;
  }
}

function valuesOf(connection: EngineConnection): unknown[] {
  const known = values.get(connection);
  if (known) return known;
  const first = initial.slice();
  values.set(connection, first);
  return first;
}
