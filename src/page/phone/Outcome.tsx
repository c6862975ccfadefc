import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { readOutcome } from './dial.ts';

/** Says what became of the last call that this page made, if it came to nothing. */
export function Outcome() {
  const client = useClient();
  const { outgoing } = useObservable(client.state);
  const sent = outgoing.find(({ isDial, isOpen }) => isDial && !isOpen);
  const read = useObservable(readOutcome);
  if (!sent?.answer || sent.answer === 'away' || sent.answer === 'accepted' || sent.invite.id === read) return null;
  return (
    <p class="note" role="alert">
      {strings.phone.outcomes[sent.answer](sent.user.name)}
    </p>
  );
}
