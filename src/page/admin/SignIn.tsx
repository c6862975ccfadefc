import { useEffect, useRef, useState } from 'preact/hooks';
import { Card } from '../parts/Card.tsx';
import { ErrorNote } from '../parts/ErrorNote.tsx';
import { SecretField } from '../parts/SecretField.tsx';
import { Api, sentenceOf } from './api.ts';
import { type Overview, readOverview } from './overview.ts';
import { strings } from './strings.ts';

interface SignInProps {
  /** Why the person is here again, or ''. */
  reason: string;
  onSignedIn: (api: Api, overview: Overview) => void;
}

/** Asks for a key. */
export function SignIn({ reason, onSignedIn }: SignInProps) {
  const input = useRef<HTMLInputElement>(null);
  const [secret, setSecret] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [isMissing, setMissing] = useState(false);
  const [error, setError] = useState(reason);

  useEffect(() => input.current?.focus(), []);

  const signIn = async () => {
    const given = secret.trim();
    setMissing(given === '');
    if (given === '') return input.current?.focus();
    setBusy(true);
    setError('');
    try {
      const api = new Api(given);
      onSignedIn(api, await readOverview(api));
    } catch (failure) {
      setError(sentenceOf(failure));
      setBusy(false);
    }
  };

  return (
    <Card>
      <form
        class="admin-sign-in"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void signIn();
        }}
      >
        <h1>{strings.signIn.title}</h1>
        <p class="quiet">{strings.signIn.intro}</p>
        <SecretField
          label={strings.signIn.key}
          value={secret}
          onValue={setSecret}
          inputRef={input}
          error={isMissing ? strings.signIn.missing : ''}
          show={strings.signIn.show}
          hide={strings.signIn.hide}
          input={{ maxLength: 500 }}
        />
        <ErrorNote text={error} />
        <button class="button button-primary button-wide" type="submit" disabled={isBusy}>
          {isBusy && <span class="spinner" />}
          {strings.signIn.submit}
        </button>
      </form>
    </Card>
  );
}
