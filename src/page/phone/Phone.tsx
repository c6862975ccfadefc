import { useEffect, useRef } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { PageHeader } from '../parts/PageHeader.tsx';
import { signInKind } from '../sign-in-kind.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { SignIn } from '../user/SignIn.tsx';
import { DialForm } from './DialForm.tsx';
import { NoPhone } from './NoPhone.tsx';

/** The screen on which users call each other by name. */
export function Phone() {
  const client = useClient();
  const { user } = useObservable(client.state);
  return (
    <div class="lobby">
      <PageHeader />
      <main class="phone">
        {signInKind() === '' ? <NoPhone /> : user ? <UserPhone /> : <SignIn purpose={strings.phone.signInFor} />}
      </main>
    </div>
  );
}

function UserPhone() {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="card phone-card">
      <h1 ref={heading} tabIndex={-1}>
        {strings.phone.title}
      </h1>
      <DialForm />
    </section>
  );
}
