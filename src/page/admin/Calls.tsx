import { PhoneOff } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { clock } from '../clock.ts';
import { Confirm } from '../parts/Confirm.tsx';
import type { Act } from './act.ts';
import type { Answer, Call, List } from './overview.ts';
import { Section } from './Section.tsx';
import { strings } from './strings.ts';

interface CallsProps {
  calls: Answer<List<Call>>;
  nameOf: (workspace: string) => string;
  now: number;
  act: Act;
}

/** The calls that are on. */
export function Calls({ calls, nameOf, now, act }: CallsProps) {
  const [ending, setEnding] = useState<Call | null>(null);
  const name = ending && nameOf(ending.workspace.id);
  return (
    <Section title={strings.calls.title} answer={calls} none={strings.calls.none}>
      {(items) => (
        <>
          <ul>
            {items.map((call) => (
              <li key={call.id} class="admin-row">
                <div class="admin-row-text">
                  <p class="admin-row-head">
                    <b>{nameOf(call.workspace.id)}</b>
                    <span class="admin-clock">
                      {clock(Math.max(0, Math.floor((now - (call.connectedAt ?? call.startedAt)) / 1000)))}
                    </span>
                  </p>
                  <p class="quiet">{stateOf(call)}</p>
                  <p class="quiet admin-id">{call.id}</p>
                </div>
                <button
                  type="button"
                  class="button button-small button-quiet-danger"
                  aria-label={strings.calls.endOf(nameOf(call.workspace.id))}
                  onClick={() => setEnding(call)}
                >
                  <PhoneOff size={16} />
                  {strings.calls.endShort}
                </button>
              </li>
            ))}
          </ul>
          {ending !== null && name !== null && (
            <Confirm
              title={strings.calls.endTitle(name)}
              text={strings.calls.endText}
              yes={strings.calls.end}
              onYes={() =>
                void act((api) => api.post(`calls/${encodeURIComponent(ending.id)}/end`), strings.calls.ended(name))
              }
              onClose={() => setEnding(null)}
            />
          )}
        </>
      )}
    </Section>
  );
}

function stateOf({ connectedAt, participants }: Call): string {
  if (connectedAt === null) return strings.calls.ringing;
  return strings.calls.onCall(participants.filter(({ leftAt }) => leftAt === null).length);
}
