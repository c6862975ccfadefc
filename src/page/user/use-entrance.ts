import { useEffect, useState } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { takeUserToken, tokenIn } from '../invitation.ts';
import { signInByLink } from './sign-in-by-link.ts';
import { signInProblem } from './sign-in-problem.ts';

/**
 * Brings the person in: as the user whom the link names, and to the seat that the page had before a reload.
 * @param firstUserToken the user token of the link that opened the page, or ''
 */
export function useEntrance(firstUserToken: string) {
  const client = useClient();
  const [isEntering, setEntering] = useState(true);
  const [isLate, setLate] = useState(false);

  useEffect(() => {
    const enter = async () => {
      if (firstUserToken !== '') await signInByLink(client, firstUserToken, () => setLate(true));
      // A link to another workspace is meant for that one. Where the server does not answer, it goes on trying; the
      // seat, or its end, comes with the state.
      await client.restore(tokenIn(location.hash) || undefined);
    };
    enter().then(
      () => setEntering(false),
      () => setLate(true),
    );
  }, [client, firstUserToken]);

  useEffect(() => {
    // The person opened another link in this tab.
    const onHashChange = () => {
      const userToken = takeUserToken();
      if (userToken !== '') void signInByLink(client, userToken, () => {});
    };
    addEventListener('hashchange', onHashChange);
    const stop = client.on('signed-out', ({ error }) => signInProblem.set(error));
    return () => {
      removeEventListener('hashchange', onHashChange);
      stop();
    };
  }, [client]);

  return { isEntering, isLate, setEntering };
}
