import type { EventType, NumberedEvent } from '../domain/events.ts';
import type { WorkspaceFacts } from './event-recorder.ts';

/** An event that the records take, and the workspace in which it happened. */
export interface TakenEvent {
  readonly id: string;
  readonly workspace: WorkspaceFacts;
  readonly event: NumberedEvent;
}

/** A taken event of one type. */
export type Of<Type extends EventType> = TakenEvent & { readonly event: Extract<NumberedEvent, { type: Type }> };

export function isOf<Type extends EventType>(taken: TakenEvent, type: Type): taken is Of<Type> {
  return taken.event.type === type;
}

/** Rows of one statement: PostgreSQL takes 65,535 values, SQLite 32,766. */
const ROWS = 1000;

/** Parts of a list that each fit into one statement; none where it is empty. */
export function* inStatements<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let at = 0; at < rows.length; at += ROWS) yield rows.slice(at, at + ROWS);
}
