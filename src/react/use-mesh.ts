import { useEffect, useInsertionEffect, useRef, useSyncExternalStore } from 'react';
import type { ClientEventOf, ClientEventType, ClientState } from '../client/mesh-client.ts';
import { initialState } from '../client/state.ts';
import { useStore } from './mesh-provider.ts';

/**
 * A part of the state of the client. The component renders again when that part changes. An object or a list that the selector makes
 * is the same as before while its members are.
 * @example const names = useMesh(({ seat }) => seat?.attendees.map(({ name }) => name) ?? []);
 */
export function useMesh<Selection>(selector: (state: ClientState) => Selection): Selection {
  const store = useStore();
  const last = useRef<{ state: ClientState; selector: typeof selector; selection: Selection } | null>(null);
  const select = (state: ClientState): Selection => {
    const former = last.current;
    if (former?.state === state && former.selector === selector) return former.selection;
    const next = selector(state);
    const selection = former && isSame(former.selection, next) ? former.selection : next;
    last.current = { state, selector, selection };
    return selection;
  };
  return useSyncExternalStore(
    store.subscribe,
    () => select(store.state),
    () => select(initialState),
  );
}

/** Listens to an event of the client while the component is there; `ClientEventType` has all of them. */
export function useMeshEvent<Type extends ClientEventType>(
  type: Type,
  listener: (event: ClientEventOf<Type>) => void,
): void {
  const store = useStore();
  const latest = useRef(listener);
  useInsertionEffect(() => {
    latest.current = listener;
  });
  useEffect(() => store.client.on(type, (event) => latest.current(event)), [store, type]);
}

/** Whether two values are one, or have the same members. */
function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (!isPlain(one) || !isPlain(other) || Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length && keys.every((key) => key in other && Object.is(one[key], other[key]))
  );
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return Array.isArray(value) || (value !== null && Object.getPrototypeOf(value) === Object.prototype);
}
