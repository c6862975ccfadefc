import { useEffect } from 'preact/hooks';
import { announce } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { doNotDisturb } from './do-not-disturb.ts';

/** Says why it rings no more, where this page has not answered. */
export function usePhoneEvents(): void {
  const client = useClient();
  useEffect(
    () =>
      client.on('invite-ended', ({ invite: { ring, from }, reason }) => {
        if (!ring || doNotDisturb.value) return;
        const { answeredElsewhere, declinedElsewhere, missed } = strings.phone;
        if (reason === 'accepted') announce(answeredElsewhere(from.name));
        else if (reason === 'declined') announce(declinedElsewhere(from.name));
        else announce(missed(from.name));
      }),
    [client],
  );
}
