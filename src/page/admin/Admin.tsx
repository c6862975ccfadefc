import { useLayoutEffect, useState } from 'preact/hooks';
import { language } from '../language.ts';
import { Announcer } from '../parts/Announcer.tsx';
import { strings as common } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import type { Api } from './api.ts';
import { Operations } from './Operations.tsx';
import type { Overview } from './overview.ts';
import { SignIn } from './SignIn.tsx';
import { strings } from './strings.ts';

/** The page for operators: it asks for a key, and then shows the server. */
export function Admin() {
  const [session, setSession] = useState<{ api: Api; overview: Overview } | null>(null);
  const [reason, setReason] = useState('');

  const title = `${strings.title} · ${common.product}`;
  useObservable(language);
  // With the texts of the page, and not a frame later.
  useLayoutEffect(() => {
    document.title = title;
  }, [title]);

  const leave = (why: string) => {
    setReason(why);
    setSession(null);
  };

  return (
    <>
      {session ? (
        <Operations api={session.api} first={session.overview} onLeave={leave} />
      ) : (
        <SignIn reason={reason} onSignedIn={(api, overview) => setSession({ api, overview })} />
      )}
      <Announcer />
    </>
  );
}
