import type { EngineConnection } from './engine.ts';

const FIELDS = Symbol('fields of this server');

/** What each field holds at first. */
const initial: unknown[] = [];

/**
 * One field of what the server keeps of each connection of Engine.IO. All fields of a connection lie in one array at that
 * connection, so they are found by one lookup, take less memory than a WeakMap each, and end with the connection. A file
 * that keeps something of connections declares its own field, when it is loaded.
 */
export class ConnectionField<Value> {
  readonly #index: number;

  /** @param value what the field holds at first, for all connections */
  constructor(value: Value) {
    this.#index = initial.push(value) - 1;
  }

  get(connection: EngineConnection): Value {
    return fieldsOf(connection)[this.#index] as Value;
  }

  set(connection: EngineConnection, value: Value): void {
    fieldsOf(connection)[this.#index] = value;
  }
}

function fieldsOf(connection: EngineConnection & { [FIELDS]?: unknown[] }): unknown[] {
  const known = connection[FIELDS];
  if (known) return known;
  const fields = initial.slice();
  connection[FIELDS] = fields;
  return fields;
}
