import { useLayoutEffect, useState } from 'preact/hooks';
import { tokenIn } from '../invitation.ts';
import { LanguageChoice } from '../parts/LanguageChoice.tsx';
import { Wordmark } from '../parts/Wordmark.tsx';
import { strings } from '../strings.ts';
import { CreateForm } from './CreateForm.tsx';
import { JoinForm } from './JoinForm.tsx';
import { Preview } from './Preview.tsx';

/**
 * The page without a seat: preview, and a form to create or to join.
 * @param leftWorkspace the name of the workspace that the person just left, or ''
 */
export function Lobby({ leftWorkspace }: { leftWorkspace: string }) {
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
      <header class="lobby-header">
        <Wordmark />
        <p class="quiet lobby-claim">{strings.lobby.claim}</p>
        <LanguageChoice />
      </header>
      <main class="lobby-main">
        <Preview />
        <section class="card lobby-card">
          {leftWorkspace !== '' && (
            <p class="note" aria-live="polite">
              {strings.lobby.left(leftWorkspace)}
            </p>
          )}
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
