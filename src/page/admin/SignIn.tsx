import { Eye, EyeOff } from 'lucide-preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Card } from '../parts/Card.tsx';
import { TextField } from '../parts/TextField.tsx';
import { Api, ApiError } from './api.ts';
import { type Overview, readOverview } from './overview.ts';
import { strings } from './strings.ts';

interface SignInProps {
  /** Why the person is here again, or ''. */
  reason: string;
  onSignedIn: (api: Api, overview: Overview) => void;
}

/** Asks for a key. No password field: browsers would offer to store it. */
export function SignIn({ reason, onSignedIn }: SignInProps) {
  const input = useRef<HTMLInputElement>(null);
  const [secret, setSecret] = useState('');
  const [isShown, setShown] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [missing, setMissing] = useState('');
  const [error, setError] = useState(reason);
  const ShownIcon = isShown ? EyeOff : Eye;

  useEffect(() => input.current?.focus(), []);

  const signIn = async () => {
    const given = secret.trim();
    setMissing(given === '' ? strings.signIn.missing : '');
    if (given === '') return input.current?.focus();
    setBusy(true);
    setError('');
    try {
      const api = new Api(given);
      onSignedIn(api, await readOverview(api));
    } catch (failure) {
      setError(failure instanceof ApiError ? failure.message : strings.failed);
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
        <TextField
          label={strings.signIn.key}
          value={secret}
          onValue={setSecret}
          inputRef={input}
          error={missing}
          input={{
            class: isShown ? '' : 'masked',
            autoCapitalize: 'none',
            spellcheck: false,
            maxLength: 500,
          }}
        >
          <button
            type="button"
            class="icon-button"
            aria-label={isShown ? strings.signIn.hide : strings.signIn.show}
            onClick={() => setShown(!isShown)}
          >
            <ShownIcon size={18} />
          </button>
        </TextField>
        {error !== '' && (
          <p class="note note-error" role="alert">
            {error}
          </p>
        )}
        <button class="button button-primary button-wide" type="submit" disabled={isBusy}>
          {isBusy && <span class="spinner" />}
          {strings.signIn.submit}
        </button>
      </form>
    </Card>
  );
}
