import { X } from 'lucide-preact';
import { announcements, dismiss } from '../announcements.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';

/** Events and errors. The region of the events is always there: screen readers watch only a region that they know. */
export function Announcer() {
  const all = useObservable(announcements);
  const events = all.filter(({ kind }) => kind === 'event');
  const errors = all.filter(({ kind }) => kind === 'error');
  return (
    <div class="announcer">
      <div role="status">
        {events.map(({ id, text }) => (
          <p key={id} class="toast">
            {text}
          </p>
        ))}
      </div>
      {errors.map(({ id, text }) => (
        <div key={id} class="toast toast-error" role="alert">
          {text}
          <button type="button" class="icon-button" aria-label={strings.close} onClick={() => dismiss(id)}>
            <X size={16} />
          </button>
        </div>
      ))}
    </div>
  );
}
