/** The link of an invitation. Browsers send no fragment to servers, so the invitation gets into no log. */
export function invitationLink(token: string): string {
  return `${location.origin}${location.pathname}#${token}`;
}

/** Finds the token in pasted text, which is a whole link or the token alone. @returns '' if there is none */
export function tokenIn(text: string): string {
  const trimmed = text.trim();
  const hash = trimmed.lastIndexOf('#');
  if (hash >= 0) return trimmed.slice(hash + 1);
  return trimmed.includes('/') ? '' : trimmed;
}

/** Puts the invitation into the address of the page, if the browser lets it; '' removes it. */
export function showInAddress(token: string): void {
  try {
    history.replaceState(null, '', token === '' ? location.pathname : `#${token}`);
  } catch {
    // A sandboxed page has no address of its own. The panel shows the link too.
  }
}
