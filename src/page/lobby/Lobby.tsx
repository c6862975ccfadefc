import { useLayoutEffect, useState } from 'preact/hooks';
import { tokenIn } from '../invitation.ts';
import { ErrorNote } from '../parts/ErrorNote.tsx';
import { PageHeader } from '../parts/PageHeader.tsx';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { describeSignInProblem, signInProblem } from '../user/sign-in-problem.ts';
import { CreateForm } from './CreateForm.tsx';
import { JoinForm } from './JoinForm.tsx';
import { Preview } from './Preview.tsx';

/**
 * The page without a seat: preview, and a form to create or to join.
 * @param leftWorkspace the name of the workspace that the person just left, or ''
 */
export function Lobby({ leftWorkspace }: { leftWorkspace: string }) {
  const problem = useObservable(signInProblem);
  const [token, setToken] = useState(() => tokenIn(location.hash));
  const [isJoining, setJoining] = useState(token !== '');

  // A layout effect listens right after the address was read; a later effect could miss a link opened in between.
  useLayoutEffect(() => {
    // The person opened another link in this tab.
    const onHashChange = () => {
      const next = tokenIn(location.hash);
      setToken(next);
      if (next !== '') setJoining(true);
    };
    addEventListener('hashchange', onHashChange);
    return () => removeEventListener('hashchange', onHashChange);
  }, []);

  return (
    <div class="lobby">
      <PageHeader claim={strings.lobby.claim} />
      <main class="lobby-main">
        <Preview />
        <section class="card lobby-card">
          {leftWorkspace !== '' && (
            <p class="note" aria-live="polite">
              {strings.lobby.left(leftWorkspace)}
            </p>
          )}
          {problem !== null && <ErrorNote text={describeSignInProblem(problem)} />}
          {isJoining ? (
            <JoinForm key={token} token={token} onCreate={() => setJoining(false)} />
          ) : (
            <CreateForm onJoin={() => setJoining(true)} />
          )}
        </section>
      </main>
    </div>
  );
}
