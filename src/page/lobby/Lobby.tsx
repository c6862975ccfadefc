import { useLayoutEffect, useState } from 'preact/hooks';
import { describeError } from '../describe-error.ts';
import { joinProblem } from '../embed/join-problem.ts';
import { invitationOfPage, isHeld } from '../invitation.ts';
import { ErrorNote } from '../parts/ErrorNote.tsx';
import { PageHeader } from '../parts/PageHeader.tsx';
import { KeptRecordings } from '../recording/KeptRecordings.tsx';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { describeSignInProblem, signInProblem } from '../user/sign-in-problem.ts';
import { CreateForm } from './CreateForm.tsx';
import { JoinForm } from './JoinForm.tsx';
import { Preview } from './Preview.tsx';

interface LobbyProps {
  /** The name of the workspace that the person just left, or ''. */
  leftWorkspace: string;
  /** The name that the page around this one has for the person, or ''. */
  name: string;
}

/** The page without a seat: preview, and a form to create or to join. */
export function Lobby({ leftWorkspace, name }: LobbyProps) {
  const problem = useObservable(signInProblem);
  const refusal = useObservable(joinProblem);
  const [token, setToken] = useState(invitationOfPage);
  const [isJoining, setJoining] = useState(token !== '');
  const isHostsChoice = isHeld() && token !== '';

  // A layout effect listens right after the address was read; a later effect could miss a link opened in between.
  useLayoutEffect(() => {
    // The person opened another link in this tab.
    const onHashChange = () => {
      const next = invitationOfPage();
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
          {refusal !== null && <ErrorNote text={describeError(refusal)} />}
          <KeptRecordings />
          {isJoining ? (
            <JoinForm key={token} token={token} name={name} onCreate={isHostsChoice ? null : () => setJoining(false)} />
          ) : (
            <CreateForm name={name} onJoin={() => setJoining(true)} />
          )}
        </section>
      </main>
    </div>
  );
}
