import { useEffect, useRef } from 'preact/hooks';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { PageHeader } from '../parts/PageHeader.tsx';
import { Switch } from '../parts/Switch.tsx';
import { signInKind } from '../sign-in-kind.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { SignIn } from '../user/SignIn.tsx';
import { DialForm } from './DialForm.tsx';
import { chosenMedia, dial } from './dial.ts';
import { doNotDisturb } from './do-not-disturb.ts';
import { NoPhone } from './NoPhone.tsx';
import { NotificationChoice } from './NotificationChoice.tsx';
import { Outcome } from './Outcome.tsx';
import { Recent } from './Recent.tsx';

/** The screen on which users call each other by name. */
export function Phone() {
  const client = useClient();
  const { user } = useObservable(client.state);
  return (
    <div class="lobby">
      <PageHeader />
      {signInKind() !== '' && user ? (
        <UserPhone />
      ) : (
        <main class="phone-entrance">
          {signInKind() === '' ? <NoPhone /> : <SignIn purpose={strings.phone.signInFor} />}
        </main>
      )}
    </div>
  );
}

function UserPhone() {
  const client = useClient();
  const heading = useRef<HTMLHeadingElement>(null);
  const media = useObservable(chosenMedia);
  const isSilent = useObservable(doNotDisturb);
  useEffect(() => heading.current?.focus(), []);
  return (
    <main class="phone">
      <section class="card phone-card">
        <h1 ref={heading} tabIndex={-1}>
          {strings.phone.title}
        </h1>
        <Outcome />
        <DialForm media={media} onMedia={(kind) => chosenMedia.set(kind)} />
      </section>
      <Recent onCall={(user) => void attempt(dial(client, user, media))} />
      <section class="phone-choices" aria-label={strings.phone.choices}>
        <Switch
          label={strings.phone.doNotDisturb}
          hint={strings.phone.doNotDisturbHint}
          isOn={isSilent}
          onChange={(isOn) => doNotDisturb.set(isOn)}
        />
        <NotificationChoice />
      </section>
    </main>
  );
}
