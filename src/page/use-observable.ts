import { useEffect, useState } from 'preact/hooks';
import type { Observable } from '../client/observable.ts';

/** The current value; every change renders the component again. */
export function useObservable<Value>(observable: Observable<Value>): Value {
  const [, draw] = useState<Value>(observable.value);
  useEffect(() => {
    // It may have changed between the drawing and now.
    draw(() => observable.value);
    return observable.subscribe((value) => draw(() => value));
  }, [observable]);
  return observable.value;
}
