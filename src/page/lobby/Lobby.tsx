import { useLayoutEffect, useState } from 'preact/hooks';
import { tokenIn } from '../invitation.ts';
import { Wordmark } from '../parts/Wordmark.tsx';
import { strings } from '../strings.ts';
import { CreateForm } from './CreateForm.tsx';
import { JoinForm } from './JoinForm.tsx';
import { Preview } from './Preview.tsx';

/** Where one comes in. @param leftWorkspace the name of the workspace that was just left, or '' */
export function Lobby({ leftWorkspace }: { leftWorkspace: string }) {
  const [token, setToken] = useState(() => tokenIn(location.hash));
  const [isJoining, setJoining] = useState(token !== '');

  // A layout effect, because it listens as soon as the address was read: later ones leave time for a link to be missed.
  useLayoutEffect(() => {
    // Somebody opened another link in this tab.
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
