import { userOf } from '../client/invitation.ts';

/**
 * What the fragment of the address holds: `#<invitation>`, `#user-token=<user token>`, or both with `&` between, in any
 * order. Browsers send no fragment to servers, so it gets into no log.
 */
export interface Fragment {
  /** The token of a workspace, or ''. */
  invitation: string;
  /** What the host system signed for the person, or ''. */
  userToken: string;
}

const USER_TOKEN = 'user-token=';

/** The invitation of a page in the frame of another one, where the address is not the place for it; null on every other page. */
let held: string | null = null;

/** @param fragment without the # */
function read(fragment: string): Fragment {
  const parts = fragment.split('&');
  const userToken = parts.find((part) => part.startsWith(USER_TOKEN)) ?? '';
  return {
    invitation: parts.find((part) => part !== userToken) ?? '',
    userToken: userToken.slice(USER_TOKEN.length),
  };
}

/** What a host system gives: one token, a fragment as above, or a whole link. A lone user token is known by what is in it. */
export function readLink(text: string): Fragment {
  const { invitation, userToken } = read(text.trim().slice(text.trim().lastIndexOf('#') + 1));
  const isUser = userToken === '' && userOf(invitation) !== null;
  return isUser ? { invitation: '', userToken: invitation } : { invitation, userToken };
}

/** From now on the page has this invitation, and leaves its address as it is. */
export function holdInvitation(token: string): void {
  held = token;
}

/** Whether another page holds this one in a frame, and says where it leads. */
export const isHeld = () => held !== null;

/** The invitation that the page was opened with, or has now; '' if there is none. */
export function invitationOfPage(): string {
  return held ?? tokenIn(location.hash);
}

/** The link of an invitation. It leads to the lobby, wherever in the page the person is. */
export function invitationLink(token: string): string {
  return `${new URL('.', document.baseURI)}#${token}`;
}

/** Finds the token in pasted text, which is a whole link or the token alone. @returns '' if there is none */
export function tokenIn(text: string): string {
  const trimmed = text.trim();
  const hash = trimmed.lastIndexOf('#');
  if (hash >= 0) return read(trimmed.slice(hash + 1)).invitation;
  return trimmed.includes('/') ? '' : trimmed;
}

/**
 * Takes the user token out of the address, so that it is neither seen, copied nor kept in the history of the browser.
 * @returns '' if there is none
 */
export function takeUserToken(): string {
  const { invitation, userToken } = read(location.hash.slice(1));
  if (userToken !== '') showInAddress(invitation);
  return userToken;
}

/** Puts the invitation into the address of the page, if the browser lets it; '' removes it. */
export function showInAddress(token: string): void {
  if (held !== null) {
    held = token;
    return;
  }
  try {
    history.replaceState(null, '', token === '' ? location.pathname : `#${token}`);
  } catch {
    // A sandboxed page has no address of its own. The panel shows the link too.
  }
}
