import { useEffect, useState } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { takeUserToken, tokenIn } from '../invitation.ts';
import { rememberedUserToken } from '../remembered.ts';
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
      const userToken = firstUserToken || rememberedUserToken.get();
      const signingIn = userToken === '' ? null : signInByLink(client, userToken, () => setLate(true));
      // The link may be good for one workspace alone. After a reload the seat does not wait for the sign-in.
      if (firstUserToken !== '') await signingIn;
      // A link to another workspace is meant for that one. Where the server does not answer, it goes on trying; the
      // seat, or its end, comes with the state.
      await client.restore(tokenIn(location.hash) || undefined);
      await signingIn;
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
    const stop = client.on('signed-out', ({ error }) => {
      rememberedUserToken.set('');
      signInProblem.set(error);
    });
    return () => {
      removeEventListener('hashchange', onHashChange);
      stop();
    };
  }, [client]);

  return { isEntering, isLate, setEntering };
}
