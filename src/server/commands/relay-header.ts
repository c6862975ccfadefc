import type { Connection } from '../transport/connection.ts';
import { seatRoom } from '../transport/seat-rooms.ts';
import type { RelayName } from './handler.ts';
import { relays } from './index.ts';

// The form of relays as JSON.stringify writes them: a header, which is the same from one packet to the next, and a body.

const CHARACTERS = String.raw`[ !#-[\]-~]*`;
const TEXT = `"${CHARACTERS}"`;
const LINES = String.raw`"${CHARACTERS}(?:\\[bfnrt"\\]${CHARACTERS})*"`;
const NUMBER = String.raw`(?:0|[1-9]\d{0,8})`;
const optional = (name: string, value: string) => `(?:,"${name}":${value})?`;

/**
 * The member that holds the body of each relay, and the form of the body up to the end of the packet: as JSON.stringify
 * writes it, with its members in the order of their schemas, then the marks of the client library.
 */
const bodies: Record<RelayName, { member: string; form: RegExp }> = {
  icecandidate: {
    member: 'candidate',
    form: new RegExp(
      `^\\{"candidate":${TEXT}${optional('sdpMid', `(?:${TEXT}|null)`)}` +
        `${optional('sdpMLineIndex', `(?:${NUMBER}|null)`)}${optional('usernameFragment', `(?:${TEXT}|null)`)}` +
        `${optional('tag', TEXT)}\\}\\}\\]$`,
    ),
  },
  negotiation: {
    member: 'message',
    form: new RegExp(
      '^\\{"type":"(?:offer|answer)","data":\\{(?:"type":"(?:offer|answer|pranswer|rollback)",)?' +
        `"sdp":${LINES}${optional('tag', TEXT)}${optional('number', NUMBER)}` +
        `${optional('answers', `\\{"tag":${TEXT},"number":${NUMBER}\\}`)}\\}\\}\\}\\]$`,
    ),
  },
};

/** The part of a relay before its body, parsed and verified once. */
export interface RelayHeader {
  readonly name: RelayName;
  /** Its text, from the name of the event up to the body. */
  readonly text: string;
  readonly form: RegExp;
  /** When the token expires, in ms since the epoch. */
  readonly expiresAt: number;
  /** The rooms of the sender's seat and of the target's. */
  readonly from: string;
  readonly to: string;
  /** The part before the body in the event that the target gets. */
  readonly prefix: string;
}

/** Characters; an access token has some 150 of them. */
const MAX_RELAY_HEADER_LENGTH = 1024;

/** Parses a header and checks it; null where anything is wrong. This connection must have verified its token before. */
export function readHeader(connection: Connection, packet: string, start: number): RelayHeader | null {
  const name = relayNames.find((each) => packet.startsWith(`["${each}",`, start));
  if (!name) return null;
  const { member, form } = bodies[name];
  const marker = `,"${member}":`;
  const end = packet.indexOf(marker, start) + marker.length;
  if (end < start + marker.length || end - start > MAX_RELAY_HEADER_LENGTH) return null;
  // A copy, because a part of a string keeps the whole of it in memory.
  const text = Buffer.from(packet.slice(start, end)).toString();
  // With a body it is a whole packet: only the value of that member follows the marker.
  const payload = payloadOf(`${text}null}]`);
  const claims = connection.verified(payload?.accessToken);
  if (!claims || Buffer.byteLength(text) !== text.length) return null;
  const { workspace, attendee, broadcaster } = payload ?? {};
  if (workspace?.id !== claims.workspace || broadcaster?.id !== claims.attendee || typeof attendee?.id !== 'string') {
    return null;
  }
  const notice = JSON.stringify(relays[name](claims, payload as never));
  if (!notice.endsWith(NO_BODY)) return null;
  return {
    name,
    text,
    form,
    expiresAt: claims.expiresAt,
    from: seatRoom(claims.workspace, claims.attendee),
    to: seatRoom(claims.workspace, attendee.id),
    prefix: `["${name}",${notice.slice(0, -NO_BODY.length)}`,
  };
}

const relayNames = Object.keys(bodies) as RelayName[];

/** How a notice ends whose body, its last member, is null. */
const NO_BODY = 'null}';

interface Head {
  workspace?: { id?: unknown };
  attendee?: { id?: unknown };
  broadcaster?: { id?: unknown };
  accessToken?: unknown;
}

/** The payload of an event with one payload; null where it is none, or no JSON. */
function payloadOf(event: string): Head | null {
  try {
    const [, payload, ...more] = JSON.parse(event);
    return more.length === 0 ? payload : null;
  } catch {
    return null;
  }
}
