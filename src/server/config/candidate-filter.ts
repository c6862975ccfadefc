import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** `mdns`: names that end with .local. `link-local`: 169.254.0.0/16 and fe80::/10. `ipv6`: every IPv6 address. */
export const candidateKinds = ['mdns', 'link-local', 'ipv6'] as const;
export type CandidateKind = (typeof candidateKinds)[number];

/** The candidates that a rule leaves out: a kind, or those of a network. */
export interface CandidateRule {
  /** As the operator wrote it. */
  readonly name: string;
  readonly what: CandidateKind | { readonly network: Address; readonly bits: number };
}

/** The entry that is neither a kind nor a network; null where all are right. */
export function wrongCandidateRule(text: string): string | null {
  return entriesOf(text).find((entry) => ruleOf(entry) === null) ?? null;
}

/** The rules of `ice_candidate_filter`. */
export function candidateRules(text: string): CandidateRule[] {
  return entriesOf(text).flatMap((entry) => ruleOf(entry) ?? []);
}

function entriesOf(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function ruleOf(name: string): CandidateRule | null {
  const kind = candidateKinds.find((each) => each === name.toLowerCase());
  if (kind) return { name, what: kind };
  const [, text = '', given] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(name) ?? [];
  const network = addressOf(text);
  if (!network) return null;
  const most = network.kind() === 'ipv4' ? 32 : 128;
  const bits = given === undefined ? most : Number(given);
  return bits <= most ? { name, what: { network, bits } } : null;
}

/** The address that a text is; null where it is a name, or anything else. IPv4 within IPv6 is IPv4 (RFC 4291, 2.5.5.2). */
export function addressOf(text: string): Address | null {
  // ipaddr.js takes numbers such as 1 for an address too, which nobody means.
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return text.includes(':') && ipaddr.IPv6.isValid(text) ? ipaddr.process(text) : null;
}
