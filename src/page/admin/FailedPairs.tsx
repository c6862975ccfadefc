import type { Answer, FailedPair, List } from './overview.ts';
import { Section } from './Section.tsx';
import { strings } from './strings.ts';
import { Time } from './Time.tsx';

interface FailedPairsProps {
  pairs: Answer<List<FailedPair>>;
  nameOf: (workspace: string) => string;
  now: number;
}

/** The pairs that could not connect, and why. */
export function FailedPairs({ pairs, nameOf, now }: FailedPairsProps) {
  return (
    <Section title={strings.failedPairs.title} answer={pairs} none={strings.failedPairs.none}>
      {(items) => (
        <ul>
          {items.map((pair) => (
            <li key={`${pair.attendee.id} ${pair.peer.id} ${pair.at}`} class="admin-row">
              <div class="admin-row-text">
                <p class="admin-row-head">
                  <b>{nameOf(pair.workspace.id)}</b>
                  <span class="quiet">
                    <Time at={pair.at} now={now} />
                  </span>
                  {pair.connectedAt !== null && <span class="badge badge-good">{strings.failedPairs.connected}</span>}
                </p>
                <p>{reasonOf(pair)}</p>
                {pair.leftOut.length > 0 && <p>{strings.failedPairs.leftOut(pair.leftOut)}</p>}
                <p class="quiet admin-id">{strings.failedPairs.of(pair.attendee.id, pair.peer.id)}</p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function reasonOf({ reason, route }: FailedPair): string {
  const { reasons, unknown, unsaid, via } = strings.failedPairs;
  const why = reason === null ? unsaid : ((reasons as Partial<Record<string, string>>)[reason] ?? unknown(reason));
  return route === null ? why : `${why} (${via(route)})`;
}
