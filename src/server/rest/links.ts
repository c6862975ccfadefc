import type { Tokens } from '../auth/tokens.ts';
import type { Workspace } from '../domain/workspace.ts';

/** A link of the page, and the token in it. */
export interface Link {
  readonly url: string;
  readonly token: string;
}

export interface Links {
  /** The link for guests. @param expiresAt when it ends, if not with the next invitations, ms since the epoch */
  invitation(workspace: Workspace, expiresAt?: number): Link;
  /** The link for one user who is signed in. @param expiresAt when it ends, if not with the workspace */
  personal(workspace: Workspace, user: string, expiresAt?: number): Link;
  /** The link that gives the owner's place. */
  owner(workspace: Workspace): Link;
}

/**
 * Makes links of the page. The token is in the fragment, which browsers send to no server, so that it gets into no log.
 * @param now the clock, in ms since the epoch
 * @param pageUrl the URL of the page, with a slash at its end
 */
export function createLinks(tokens: Tokens, now: () => number, pageUrl: () => string): Links {
  const link = (token: string): Link => ({ url: `${pageUrl()}#${token}`, token });
  return {
    invitation: (workspace, expiresAt) => link(tokens.invitation(workspace, now(), expiresAt)),
    personal: ({ id }, user, expiresAt) => link(tokens.personalLink(id, user, expiresAt ?? null)),
    owner: ({ id }) => link(tokens.ownerLink(id)),
  };
}
