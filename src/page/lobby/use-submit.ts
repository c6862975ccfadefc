import { useEffect, useState } from 'preact/hooks';
import { CommandError } from '../../client/errors.ts';
import { describeError } from '../describe-error.ts';

export interface Submission {
  isBusy: boolean;
  /** The sentence of the last error, or ''. */
  error: string;
  /** The code of the last error. */
  code: CommandError['code'] | null;
  /** The path of the field that the server named as wrong. */
  field: string | null;
  /** Seconds until the person may try again. */
  wait: number;
  submit: (command: () => Promise<void>) => Promise<void>;
}

/** Sends a form, holds its last error, and counts the seconds down that the server wants the person to wait. */
export function useSubmit(): Submission {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [wait, setWait] = useState(0);

  useEffect(() => {
    if (wait <= 0) return;
    const timer = setTimeout(() => setWait(wait - 1), 1000);
    return () => clearTimeout(timer);
  }, [wait]);

  const submit = async (command: () => Promise<void>) => {
    setBusy(true);
    setFailure(null);
    try {
      await command();
    } catch (error) {
      setFailure(error);
      setWait(error instanceof CommandError ? (error.retryAfter ?? 0) : 0);
    } finally {
      setBusy(false);
    }
  };

  const error = failure === null ? '' : describeError(failure);
  const code = failure instanceof CommandError ? failure.code : null;
  const field = failure instanceof CommandError ? failure.field : null;
  return { isBusy, error, code, field, wait, submit };
}
