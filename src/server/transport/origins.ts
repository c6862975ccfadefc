/** Whether a page of this origin (RFC 6454) may connect. Programs send no origin, and are no page. */
type OriginCheck = (origin: string | undefined) => boolean;

const LOCAL_HOST = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** @param allowed exact origins, in lower case; null: any origin on this very machine */
export function originCheck(allowed: readonly string[] | null): OriginCheck {
  return (origin) => {
    if (origin === undefined) return true;
    // Some web views send the id of an extension in capitals, and no origin has a part in which case matters.
    if (allowed) return allowed.includes(origin.toLowerCase());
    return URL.canParse(origin) && LOCAL_HOST.test(new URL(origin).hostname);
  };
}
