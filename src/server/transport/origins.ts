/** Whether a page of this origin (RFC 6454) may connect. Programs send no origin, and are no page. */
export type OriginCheck = (origin: string | undefined) => boolean;

const LOCAL_HOST = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** @param allowed exact origins; null: any origin on this very machine */
export function originCheck(allowed: readonly string[] | null): OriginCheck {
  return (origin) => {
    if (origin === undefined) return true;
    if (allowed) return allowed.includes(origin);
    return URL.canParse(origin) && LOCAL_HOST.test(new URL(origin).hostname);
  };
}
