import { isRefusal, type Refusal, refuse } from '../../protocol/errors.ts';
import type { CommandOutput, Commands } from '../../protocol/types.ts';
import { whatIsWrong } from '../../protocol/validation.ts';
import type { Services } from '../services.ts';
import type { Commits } from '../workspaces/commits.ts';
import { ofThatSeat } from './authenticate.ts';
import { beginPart } from './begin-part.ts';

const NOT_PROVEN = 'The access token is missing or not right, or the time for uploads is over.';

/**
 * `recording-part` as a request, for pages without a connection or a seat. Its access token may be one that has expired, for as
 * long as uploads may take: it opens nothing else then.
 * @param input the form of its payload
 * @throws StoreError
 */
export function beginPartRequest(services: Services, commits: Commits, input: Commands['recording-part']['input']) {
  return async (payload: unknown): Promise<CommandOutput<'recording-part'> | Refusal> => {
    const parsed = input.safeParse(payload);
    if (!parsed.success) {
      const wrong = whatIsWrong(parsed.error);
      // The client keeps a part whose proof is missing, as one whose proof is not believed.
      return wrong.details.field === 'accessToken' ? refuse('INVALID_TOKEN', {}, NOT_PROVEN) : wrong;
    }
    const uploadMs = services.recordings?.uploadMs ?? 0;
    const claims = services.tokens.readAccess(parsed.data.accessToken, services.now() - uploadMs);
    const seat = isRefusal(claims) ? claims : ofThatSeat(claims, parsed.data);
    if (isRefusal(seat)) return refuse(seat.refused, {}, NOT_PROVEN);
    return beginPart(services, commits, seat, parsed.data);
  };
}
