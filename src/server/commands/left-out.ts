import type { CommandInput } from '../../protocol/types.ts';
import type { Services } from '../services.ts';
import type { Connection } from '../transport/connection.ts';
import type { RelayName } from './handler.ts';

// Candidates that the filter of the operator leaves out. The connection remembers by which rules, for the diagnosis of a pair
// that fails: `peer-state` answers with them.

type Filtering = Pick<Services, 'candidateFilter'>;

/** A session description without the candidates that are left out. @param to the attendee that gets it */
export function withoutLeftOut<Description extends { sdp: string }>(
  { candidateFilter }: Filtering,
  connection: Connection,
  to: string,
  description: Description,
): Description {
  if (!candidateFilter) return description;
  const { sdp, leftOut } = candidateFilter.description(description.sdp);
  if (leftOut.length === 0) return description;
  connection.noteLeftOut(to, leftOut);
  return { ...description, sdp };
}

/** What a relay hands on; null where that is a candidate which is left out. */
export function relayedOf<Name extends RelayName>(
  services: Filtering,
  connection: Connection,
  input: CommandInput<Name>,
): CommandInput<Name> | null {
  const { candidateFilter } = services;
  if (!candidateFilter) return input;
  const to = input.attendee.id;
  if ('message' in input) {
    const data = withoutLeftOut(services, connection, to, input.message.data);
    return { ...input, message: { ...input.message, data } };
  }
  const rule = candidateFilter.ruleFor(input.candidate.candidate);
  if (rule === null) return input;
  connection.noteLeftOut(to, [rule]);
  return null;
}
