import fc from 'fast-check';

const text = fc.oneof(
  fc.string(),
  fc.constantFrom('', '0', 'audio', 'a"b\\c', 'a=group:BUNDLE 0 1\r\nm=', 'Zoë 李', '\u0001'),
);
const unknown = fc.dictionary(
  fc.constantFrom('tag', 'number', 'relayProtocol', '__proto__', '1'),
  fc.jsonValue({ maxDepth: 2 }),
);
/** Members in any order. */
const shuffled = (members: fc.Arbitrary<object>) =>
  members.chain((value) =>
    fc
      .shuffledSubarray(Object.entries(value), { minLength: Object.keys(value).length })
      .map((entries) => Object.fromEntries(entries)),
  );
const candidates = fc
  .tuple(
    fc.record(
      {
        candidate: text,
        sdpMid: fc.oneof(text, fc.constant(null)),
        sdpMLineIndex: fc.oneof(fc.nat(), fc.constant(null)),
        usernameFragment: fc.oneof(text, fc.constant(null)),
      },
      { requiredKeys: ['candidate'] },
    ),
    fc.oneof(fc.constant({}), unknown),
  )
  .map(([known, more]) => ({ ...known, ...more }));
const descriptions = fc
  .tuple(
    fc.record({ type: fc.constantFrom('offer', 'answer', 'rollback'), sdp: text }, { requiredKeys: ['sdp'] }),
    fc.oneof(fc.constant({}), unknown, fc.constant({ tag: 'x1', number: 2, answers: { tag: 'y', number: 1 } })),
  )
  .map(([known, more]) => ({ ...known, ...more }));
/** The bodies of relays, by command: candidates and descriptions of any form. */
export const relayBodies = fc.oneof(
  fc.oneof(candidates, shuffled(candidates)).map((body) => ['icecandidate', { candidate: body }] as const),
  fc
    .record({ type: fc.constantFrom('offer', 'answer'), data: fc.oneof(descriptions, shuffled(descriptions)) })
    .map((body) => ['negotiation', { message: body }] as const),
);
