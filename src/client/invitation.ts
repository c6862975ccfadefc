/** The issuer by which an owner link is known, which gives the owner's place. */
const OWNER_LINK = 'ws/o';
/** The issuer of a link for one user, who needs no PIN with it. */
const PERSONAL_LINK = 'ws/u';

/**
 * Reads the id of the workspace from an invitation, a JWT (RFC 7519): JSON in base64url between two dots. Only the
 * server can verify the token.
 * @returns null if the text is no invitation
 */
export function workspaceOf(token: string): string | null {
  const { sub } = claimsOf(token);
  return typeof sub === 'string' ? (sub.split('.')[0] ?? null) : null;
}

/** Whether a link gives the owner's place to the client that opens it. Host systems make such links. */
export function isOwnerLink(token: string): boolean {
  return claimsOf(token).iss === OWNER_LINK;
}

/** The user (`sub`) of a user token, which a host system signs; null if the text is none. The server's own tokens are none. */
export function userOf(token: string): string | null {
  const { sub, iss } = claimsOf(token);
  return typeof sub === 'string' && !String(iss).startsWith('ws/') ? sub : null;
}

/** Whether a link opens its workspace without the PIN. */
export function needsNoPin(token: string): boolean {
  return isOwnerLink(token) || claimsOf(token).iss === PERSONAL_LINK;
}

/** What a user token is for: the same text for each token of one user for one workspace, in one part. */
export function purposeOf(userToken: string): string {
  return JSON.stringify([userOf(userToken), claimsOf(userToken).mesh]);
}

/** Whether a user token says that its user opens consultations. The server alone decides, with the same claim. */
export function isProviderToken(userToken: string): boolean {
  const { role }: { role?: unknown } = Object(claimsOf(userToken).mesh);
  return role === 'owner';
}

function claimsOf(token: string): { sub?: unknown; iss?: unknown; mesh?: unknown } {
  try {
    const payload = token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? '';
    return Object(JSON.parse(atob(payload)));
  } catch {
    return {};
  }
}
