import { ChevronDown, ChevronRight } from 'lucide-preact';
import { useId, useState } from 'preact/hooks';
import type { Act } from './act.ts';
import type { Api } from './api.ts';
import type { Answer, List, Workspace } from './overview.ts';
import { People } from './People.tsx';
import { Section } from './Section.tsx';
import { strings } from './strings.ts';

interface WorkspacesProps {
  api: Api;
  workspaces: Answer<List<Workspace>>;
  /** When they were read: their people are read again then. */
  readAt: number;
  act: Act;
}

/** The workspaces in which somebody is. */
export function Workspaces({ workspaces, ...rest }: WorkspacesProps) {
  const hasPeople = ({ attendeeCount }: Workspace) => attendeeCount > 0;
  return (
    <Section title={strings.workspaces.title} answer={workspaces} shown={hasPeople} none={strings.workspaces.none}>
      {(items) => (
        <ul>
          {items.map((workspace) => (
            <Row key={workspace.id} workspace={workspace} {...rest} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Row({ workspace, ...rest }: Omit<WorkspacesProps, 'workspaces'> & { workspace: Workspace }) {
  const [isOpen, setOpen] = useState(false);
  const listId = useId();
  const { id, name, attendeeCount, call } = workspace;
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  const state = [strings.workspaces.people(attendeeCount), ...(call ? [strings.workspaces.withCall] : [])].join(', ');
  return (
    <li class="admin-row admin-row-open">
      <div class="admin-disclosure">
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls={listId}
          aria-label={strings.workspaces.show(name)}
          onClick={() => setOpen(!isOpen)}
        >
          <Chevron size={18} />
        </button>
        <div class="admin-row-text">
          <p class="admin-row-head">
            <b>{name}</b>
            <span class="quiet">{state}</span>
          </p>
          <p class="quiet admin-id">{id}</p>
        </div>
      </div>
      <div id={listId}>{isOpen && <People workspace={workspace} {...rest} />}</div>
    </li>
  );
}
