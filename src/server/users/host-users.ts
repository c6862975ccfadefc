import { isRefusal, refuse } from '../../protocol/errors.ts';
import type { UserTokens } from './user-tokens.ts';
import type { Users } from './users.ts';

const NO_NAMES = 'Nobody can take a name here. Sign in where you have your account.';

/** The users of a host system. Nobody here knows who they are until they come, so anybody may exist. */
export function hostUsers(verify: UserTokens): Users {
  return {
    async identify({ userToken }) {
      if (userToken === undefined) return refuse('NOT_ALLOWED', {}, NO_NAMES);
      const verified = await verify(userToken);
      return isRefusal(verified) ? verified : { user: verified.user, expiresAt: verified.expiresAt };
    },
    idOf: (text) => text,
    exists: async () => true,
    onHere() {},
    onGone() {},
    close() {},
  };
}
