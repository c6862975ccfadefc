import { addressOf, type CandidateKind, type CandidateRule, candidateRules } from '../config/candidate-filter.ts';

/** The line of a candidate in a session description, with its end. RFC 8866 has CRLF; the others are read too. */
const LINE = /(?<![^\r\n])a=(candidate:[^\r\n]*)(?:\r\n|\r|\n|$)/g;

/** Where the text of a candidate begins in the body of a relay as JSON.stringify writes it. */
const BODY = '{"candidate":"';

/** Leaves candidates out of what clients send each other, which cannot be used in their networks. */
export class CandidateFilter {
  readonly #rules: readonly CandidateRule[];

  constructor(rules: readonly CandidateRule[]) {
    this.#rules = rules;
  }

  /**
   * The name of the rule by which a candidate is left out; null where it passes. Only its own address counts, not the related
   * one: a relay is where its server is. A text that is no candidate (RFC 8839, 5.1) passes, also the empty one that ends them.
   */
  ruleFor(candidate: string): string | null {
    const [, , , , address, , typ] = candidate.trim().split(/\s+/, 8);
    if (address === undefined || typ?.toLowerCase() !== 'typ' || !/^(?:a=)?candidate:/i.test(candidate.trim()))
      return null;
    return this.#rules.find(({ what }) => isMeant(what, address))?.name ?? null;
  }

  /** A session description without the candidates that are left out, and the names of the rules by which they were. */
  description(sdp: string): { sdp: string; leftOut: string[] } {
    const leftOut = new Set<string>();
    const rest = sdp.replace(LINE, (line, candidate: string) => {
      const rule = this.ruleFor(candidate);
      if (rule === null) return line;
      leftOut.add(rule);
      return '';
    });
    return { sdp: rest, leftOut: [...leftOut] };
  }

  /** Whether the body of a relay, as JSON.stringify writes it, surely passes as it is. */
  passes(name: 'icecandidate' | 'negotiation', body: string): boolean {
    if (name === 'negotiation') return !body.includes('a=candidate:');
    return body.startsWith(BODY) && this.ruleFor(body.slice(BODY.length, body.indexOf('"', BODY.length))) === null;
  }
}

function isMeant(what: CandidateRule['what'], text: string): boolean {
  if (what === 'mdns') return /\.local\.?$/i.test(text);
  const address = addressOf(text);
  if (address === null) return false;
  if (typeof what === 'object') {
    const { network, bits } = what;
    return address.kind() === network.kind() && address.match([network, bits] as never);
  }
  const kinds: Record<Exclude<CandidateKind, 'mdns'>, boolean> = {
    'link-local': address.range() === 'linkLocal',
    ipv6: address.kind() === 'ipv6',
  };
  return kinds[what];
}

/** The filter of `ice_candidate_filter`; null where nothing is left out. */
export function createCandidateFilter(setting: string): CandidateFilter | null {
  const rules = candidateRules(setting);
  return rules.length === 0 ? null : new CandidateFilter(rules);
}
