/**
 * Reads the id of the workspace from an invitation, a JWT (RFC 7519): JSON in base64url between two dots. Only the
 * server can verify the token.
 * @returns null if the text is no invitation
 */
export function workspaceOf(token: string): string | null {
  try {
    const payload = token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? '';
    const { sub }: { sub?: unknown } = JSON.parse(atob(payload));
    return typeof sub === 'string' ? (sub.split('.')[0] ?? null) : null;
  } catch {
    return null;
  }
}
