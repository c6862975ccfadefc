/**
 * The id of the workspace that an invitation is for, as it says itself: a JWT (RFC 7519), so JSON in base64url between
 * its two dots. Whether it is good only the server can tell. null: it is none.
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
