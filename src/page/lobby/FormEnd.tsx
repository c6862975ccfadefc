import { ErrorNote } from '../parts/ErrorNote.tsx';
import { strings } from '../strings.ts';
import type { Submission } from './use-submit.ts';

/** The button of a form, with the last error above it. */
export function FormEnd({ label, submission }: { label: string; submission: Submission }) {
  const { isBusy, error, wait } = submission;
  return (
    <div class="form-end">
      <ErrorNote text={error} />
      <button class="button button-primary button-wide" type="submit" aria-label={label} disabled={isBusy || wait > 0}>
        {isBusy && <span class="spinner" />}
        {wait > 0 ? strings.lobby.wait(wait) : label}
      </button>
    </div>
  );
}
