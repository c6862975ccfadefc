import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';

/** Says what became of the last call that this page made, if it came to nothing. */
export function Outcome() {
  const client = useClient();
  const { outgoing } = useObservable(client.state);
  const sent = outgoing.find(({ isDial, isOpen }) => isDial && !isOpen);
  if (!sent?.answer || sent.answer === 'away' || sent.answer === 'accepted') return null;
  return (
    <p class="note" role="alert">
      {strings.phone.outcomes[sent.answer](sent.user.name)}
    </p>
  );
}
