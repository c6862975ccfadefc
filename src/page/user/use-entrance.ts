import { useEffect, useState } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { joinForHost } from '../embed/join.ts';
import { invitationOfPage, takeUserToken } from '../invitation.ts';
import { rememberedUserToken } from '../remembered.ts';
import { signInByLink } from './sign-in-by-link.ts';
import { signInProblem } from './sign-in-problem.ts';

/** How the person comes to this page. */
export interface Entrance {
  /** The user token of the link that opened the page, or a function for the latest one of the page around it; '' for guests. */
  readonly userToken: string | (() => string);
  /** What the page around this one says of the person, beside their tokens; null where there is none. */
  readonly host: { readonly name: string } | null;
}

/** Brings the person in: as the user whom the link names, and to the seat that the page had before a reload. */
export function useEntrance({ userToken: given, host }: Entrance) {
  const client = useClient();
  const [isEntering, setEntering] = useState(true);
  const [isLate, setLate] = useState(false);

  useEffect(() => {
    const enter = async () => {
      const userToken = given || (host ? '' : rememberedUserToken.get());
      const signingIn = userToken === '' ? null : signInByLink(client, userToken, () => setLate(true));
      // The link may be good for one workspace alone. After a reload the seat does not wait for the sign-in.
      if (given !== '') await signingIn;
      // A link to another workspace is meant for that one. Where the server does not answer, it goes on trying; the
      // seat, or its end, comes with the state.
      await client.restore(invitationOfPage() || undefined);
      await signingIn;
      if (host) await joinForHost(client, host.name, () => setLate(true));
    };
    enter().then(
      () => setEntering(false),
      () => setLate(true),
    );
  }, [client, given, host]);

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
