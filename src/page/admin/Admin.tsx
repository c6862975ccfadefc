import { useState } from 'preact/hooks';
import { Announcer } from '../parts/Announcer.tsx';
import type { Api } from './api.ts';
import { Operations } from './Operations.tsx';
import type { Overview } from './overview.ts';
import { SignIn } from './SignIn.tsx';

/** The page for operators: it asks for a key, and then shows the server. */
export function Admin() {
  const [session, setSession] = useState<{ api: Api; overview: Overview } | null>(null);
  const [reason, setReason] = useState('');

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
