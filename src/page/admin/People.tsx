import { UserMinus } from 'lucide-preact';
import { useEffect, useState } from 'preact/hooks';
import { locale } from '../language.ts';
import { Confirm } from '../parts/Confirm.tsx';
import { ErrorNote } from '../parts/ErrorNote.tsx';
import type { Act } from './act.ts';
import { type Api, sentenceOf } from './api.ts';
import { type Attendee, listOf, MOST, type Workspace } from './overview.ts';
import { strings } from './strings.ts';

interface PeopleProps {
  api: Api;
  workspace: Workspace;
  readAt: number;
  act: Act;
}

/** The attendees of a workspace, each with a button that removes them. */
export function People({ api, workspace, readAt, act }: PeopleProps) {
  const [people, setPeople] = useState<readonly Attendee[] | null>(null);
  const [error, setError] = useState('');
  const [removing, setRemoving] = useState<Attendee | null>(null);
  const path = `workspaces/${encodeURIComponent(workspace.id)}/attendees`;

  useEffect(() => {
    let isOver = false;
    listOf<Attendee>(api, `${path}?limit=${MOST}`).then(
      ({ items }) => {
        if (isOver) return;
        setPeople([...items].sort(byPlace));
        setError('');
      },
      (failure: unknown) => {
        if (!isOver) setError(sentenceOf(failure));
      },
    );
    return () => {
      isOver = true;
    };
  }, [api, path, readAt]);

  return (
    <>
      <ErrorNote text={error} />
      {people === null && error === '' && <p class="quiet">{strings.loading}</p>}
      <ul class="admin-people">
        {people?.map((attendee) => (
          <li key={attendee.id} class="admin-person">
            <span class="admin-row-text">
              <span>{attendee.name}</span> <span class="quiet">{stateOf(attendee)}</span>
              <span class="quiet admin-id">{attendee.id}</span>
            </span>
            {!attendee.owner && (
              <button
                type="button"
                class="button button-small button-quiet-danger"
                aria-label={strings.workspaces.removeOf(attendee.name)}
                onClick={() => setRemoving(attendee)}
              >
                <UserMinus size={16} />
                {strings.workspaces.remove}
              </button>
            )}
          </li>
        ))}
      </ul>
      {removing !== null && (
        <Confirm
          title={strings.workspaces.removeTitle(removing.name)}
          text={strings.workspaces.removeText}
          yes={strings.workspaces.remove}
          onYes={() =>
            void act(
              () => api.delete(`${path}/${encodeURIComponent(removing.id)}`),
              strings.workspaces.removed(removing.name),
            )
          }
          onClose={() => setRemoving(null)}
        />
      )}
    </>
  );
}

/** The owner first, and the others by their names. */
function byPlace(one: Attendee, other: Attendee): number {
  return Number(other.owner) - Number(one.owner) || one.name.localeCompare(other.name, locale());
}

function stateOf({ owner, connected, onCall }: Attendee): string {
  const { workspaces } = strings;
  const place = !connected ? workspaces.away : onCall ? workspaces.onCall : workspaces.here;
  return owner ? `${workspaces.owner}, ${place}` : place;
}
