import { useEffect, useRef, useState } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { FormEnd } from '../lobby/FormEnd.tsx';
import { useSubmit } from '../lobby/use-submit.ts';
import { ErrorNote } from '../parts/ErrorNote.tsx';
import { TextField } from '../parts/TextField.tsx';
import { rememberedName } from '../remembered.ts';
import { signInKind } from '../sign-in-kind.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { describeSignInProblem, signInProblem } from './sign-in-problem.ts';

/**
 * Asks the person for a name, where the server has an open directory; elsewhere it says who signs people in.
 * @param purpose what the person signs in for, a sentence
 */
export function SignIn({ purpose }: { purpose: string }) {
  const problem = useObservable(signInProblem);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const kind = signInKind();
  return (
    <section class="card sign-in">
      <h1 ref={heading} tabIndex={-1}>
        {strings.signIn.title}
      </h1>
      <p class="quiet">{purpose}</p>
      <ErrorNote text={problem === null ? '' : describeSignInProblem(problem)} />
      {kind === 'open' && <NameForm />}
      {kind === 'tokens' && <p>{strings.signIn.byHost}</p>}
      {kind === '' && <p>{strings.signIn.nobody}</p>}
    </section>
  );
}

function NameForm() {
  const client = useClient();
  const submission = useSubmit();
  const input = useRef<HTMLInputElement>(null);
  const [name, setName] = useState(rememberedName.get);
  const [isMissing, setMissing] = useState(false);
  const isTaken = submission.code === 'NAME_TAKEN';

  useEffect(() => {
    if (isTaken) input.current?.select();
  }, [isTaken]);

  const signIn = () => {
    const wanted = name.trim();
    setMissing(wanted === '');
    if (wanted === '') {
      input.current?.focus();
      return;
    }
    rememberedName.set(wanted);
    signInProblem.set(null);
    void submission.submit(() => client.signIn({ name: wanted }));
  };

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        signIn();
      }}
    >
      <TextField
        label={strings.lobby.yourName}
        value={name}
        onValue={setName}
        inputRef={input}
        hint={strings.signIn.nameHint}
        error={isMissing ? strings.signIn.nameMissing : ''}
        input={{ autocomplete: 'name', maxLength: 100 }}
      />
      <FormEnd label={strings.signIn.signIn} submission={submission} />
    </form>
  );
}
