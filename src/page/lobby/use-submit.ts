import { useEffect, useState } from 'preact/hooks';
import { CommandError } from '../../client/errors.ts';
import { describeError } from '../describe-error.ts';

export interface Submission {
  isBusy: boolean;
  /** The sentence of the last error, or ''. */
  error: string;
  /** The code of the last error. */
  code: CommandError['code'] | null;
  /** Seconds until the person may try again. */
  wait: number;
  submit: (command: () => Promise<void>) => Promise<void>;
}

/** Sends a form, holds its last error, and counts the seconds down that the server wants the person to wait. */
export function useSubmit(): Submission {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const [code, setCode] = useState<CommandError['code'] | null>(null);
  const [wait, setWait] = useState(0);

  useEffect(() => {
    if (wait <= 0) return;
    const timer = setTimeout(() => setWait(wait - 1), 1000);
    return () => clearTimeout(timer);
  }, [wait]);

  const submit = async (command: () => Promise<void>) => {
    setBusy(true);
    setError('');
    setCode(null);
    try {
      await command();
    } catch (failure) {
      setError(describeError(failure));
      setCode(failure instanceof CommandError ? failure.code : null);
      setWait(failure instanceof CommandError ? (failure.retryAfter ?? 0) : 0);
    } finally {
      setBusy(false);
    }
  };

  return { isBusy, error, code, wait, submit };
}
