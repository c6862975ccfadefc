import { isTemporary, pauseAfter } from '../../client/errors.ts';
import type { MeshClient } from '../../client/mesh-client.ts';
import { invitationOfPage, showInAddress } from '../invitation.ts';
import { rememberedUserToken } from '../remembered.ts';
import { signInProblem } from './sign-in-problem.ts';

/**
 * Signs the person in with a user token of the host system, as soon as the server can. If it is good for one workspace
 * alone, the address leads there from now on. `signInProblem` says why it failed.
 * @param userToken a function where the page around this one may have a fresh one for a later connection
 * @param onDelay called when the server cannot do it yet
 */
export async function signInByLink(
  client: MeshClient,
  userToken: string | (() => string),
  onDelay: () => void,
): Promise<void> {
  signInProblem.set(null);
  for (;;) {
    try {
      await client.signIn({ userToken });
      break;
    } catch (error) {
      if (!isTemporary(error)) {
        rememberedUserToken.set('');
        return signInProblem.set(error);
      }
      onDelay();
      await new Promise((resolve) => setTimeout(resolve, pauseAfter(error)));
    }
  }
  // After a reload, a page around this one says again who the person is.
  if (typeof userToken === 'string') rememberedUserToken.set(userToken);
  const { user } = client.state.value;
  if (user?.workspace && invitationOfPage() === '') showInAddress(user.workspace.token);
}
