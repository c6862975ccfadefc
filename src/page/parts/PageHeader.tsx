import { useEffect, useRef } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { addressOf, goTo, type Screen, screen, screens } from '../screen.ts';
import { signInKind } from '../sign-in-kind.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { Account } from '../user/Account.tsx';
import { LanguageChoice } from './LanguageChoice.tsx';
import { Wordmark } from './Wordmark.tsx';

/** The others have something to show only for a user. */
const forGuests = ['lobby', 'phone'] as const;

/** The head of every screen outside of a workspace, with the ways to the others where people can sign in. */
export function PageHeader({ claim }: { claim?: string }) {
  const client = useClient();
  const current = useObservable(screen);
  const { user } = useObservable(client.state);
  // Where a host system signs people in, its guests have only the lobby.
  const hasScreens = user !== null || signInKind() === 'open';
  return (
    <header class={hasScreens ? 'lobby-header with-screens' : 'lobby-header'}>
      <Wordmark />
      {hasScreens && (
        <nav class="screens" aria-label={strings.screens.label}>
          {(user ? screens : forGuests).map((name) => (
            <ScreenLink key={name} name={name} isCurrent={name === current} />
          ))}
        </nav>
      )}
      {!hasScreens && claim !== undefined && <p class="quiet lobby-claim">{claim}</p>}
      {hasScreens && <Account />}
      <LanguageChoice />
    </header>
  );
}

/** A link that stays in the page, unless the person wants it in another tab. */
export function ScreenLink({ name, isCurrent = false }: { name: Screen; isCurrent?: boolean }) {
  const { unseen } = useObservable(useClient().state).inbox;
  const count = name === 'inbox' ? unseen : 0;
  const link = useRef<HTMLAnchorElement>(null);
  // On small phones not all of them are in sight.
  useEffect(() => {
    if (isCurrent) link.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [isCurrent]);
  return (
    <a
      ref={link}
      href={addressOf(name)}
      aria-label={count > 0 ? strings.inbox.unseen(count) : undefined}
      aria-current={isCurrent ? 'page' : undefined}
      onClick={(event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        if (!isCurrent) goTo(name);
      }}
    >
      {strings.screens[name]}
      {count > 0 && <span class="screen-badge" data-count={count > 99 ? '99+' : count} />}
    </a>
  );
}
