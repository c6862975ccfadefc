/**
 * The invitation is in the fragment of the link, which browsers keep to themselves, so that it gets into no log.
 */
export function invitationLink(token: string): string {
  return `${location.origin}${location.pathname}#${token}`;
}

/** The token in what somebody pasted: a whole link, or the token alone. '' if there is none. */
export function tokenIn(text: string): string {
  const trimmed = text.trim();
  const hash = trimmed.lastIndexOf('#');
  if (hash >= 0) return trimmed.slice(hash + 1);
  return trimmed.includes('/') ? '' : trimmed;
}

/** Puts the invitation into the address of the page, or takes it out with ''. */
export function showInAddress(token: string): void {
  history.replaceState(null, '', token === '' ? location.pathname : `#${token}`);
}
