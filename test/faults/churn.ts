import type { Random } from '../client/random.ts';
import { answer, candidate, generations, offer } from '../support/fixtures.ts';
import { pollAndVanish, unfinishedHandshakes } from './handshakes.ts';
import { Gone, Visitor } from './visitor.ts';

export const capacity = 4;
const pin = '2468';

/** What every command of a seat carries. */
interface Proof {
  workspace: { id: string };
  attendee: { id: string };
  accessToken: string;
}

interface Guest {
  visitor: Visitor;
  proof: Proof;
}

/** An invitation. */
export interface Invitation {
  token: string;
  pin?: string;
}

/** A workspace, and who may close it. */
export interface Founded {
  owner: Guest;
  invitation: Invitation;
}

function proofOf(granted: Proof): Proof {
  const { workspace, attendee, accessToken } = granted;
  return { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
}

/** A PIN to guess at from everywhere: wrong PINs stay on record for an hour, and this keeps them at one workspace. */
export interface Target {
  url: string;
  guessed: Invitation;
}

/** One workspace from its beginning to its end, with everything that people and networks do to it meanwhile. */
export async function liveThrough({ url, guessed }: Target, random: Random): Promise<void> {
  const visitors: Visitor[] = [];
  const arrive = async () => {
    const visitor = await Visitor.connect(url, random.pick(generations));
    visitors.push(visitor);
    return visitor;
  };
  try {
    const founded = await found(await arrive(), random.chance(0.5) ? pin : null);
    const { owner, invitation } = founded;
    // One more than there are places.
    const seated = await Promise.all(Array.from({ length: capacity }, () => attend(arrive, invitation, random)));
    const guests = seated.flatMap((guest) => guest ?? []);
    await Promise.all([vanish(url, invitation, random), guess(url, guessed, random)]);
    await call(owner, guests, random);
    for (const guest of guests) await depart(owner, guest, arrive, random);
    await close(founded, url);
  } catch (error) {
    // On a machine that is too busy heartbeats come late, and a connection is lost that nobody meant to lose. What it
    // leaves behind ends by itself.
    if (!(error instanceof Gone)) throw error;
  }
  for (const visitor of visitors) part(visitor, random);
}

export async function found(visitor: Visitor, pin: string | null): Promise<Founded> {
  const withPin = pin === null ? {} : { pin };
  const created = await visitor.ask('create', { workspace: { name: 'Room', ...withPin }, attendee: { name: 'Owner' } });
  if (!created.ok) throw new Error(`create was refused: ${JSON.stringify(created.error)}`);
  return { owner: { visitor, proof: proofOf(created) }, invitation: { token: created.workspace.token, ...withPin } };
}

function part(visitor: Visitor, random: Random): void {
  if (random.chance(0.5)) visitor.close();
  else visitor.vanish();
}

/** @returns null when all places are taken */
async function attend(arrive: () => Promise<Visitor>, workspace: Invitation, random: Random): Promise<Guest | null> {
  const visitor = await arrive();
  if (random.chance(0.3)) await misbehave(visitor, random);
  const granted = await visitor.ask('attend', { workspace, attendee: { name: 'Guest' }, session: 'page-1' });
  if (granted.ok) return { visitor, proof: proofOf(granted) };
  if (granted.error.code !== 'FULL') throw new Error(`attend was refused: ${JSON.stringify(granted.error)}`);
  part(visitor, random);
  return null;
}

/** Sends what no client should. */
async function misbehave(visitor: Visitor, random: Random): Promise<void> {
  const event = random.pick([
    ['create', 42],
    ['create', {}, {}],
    ['attend'],
    [42],
    ['nonsense', { workspace: {} }],
    ['create', { workspace: {}, attendee: {}, ignored: 'x'.repeat(70_000) }],
    ['create', Buffer.from('bytes')],
    ['attend', { workspace: { token: 'broken' }, attendee: {} }],
    ['attendees', { workspace: { id: '_a' }, attendee: { id: '_b' }, accessToken: 'broken' }],
  ]);
  visitor.send(...event);
  await visitor.askRaw(...event);
}

/** Clients that connect, and some that take a seat, and are never heard of again. */
async function vanish(url: string, workspace: Invitation, random: Random): Promise<void> {
  if (random.chance(0.5)) await random.pick(unfinishedHandshakes)(url);
  if (random.chance(0.8)) return;
  const attend = `42["attend",${JSON.stringify({ workspace, attendee: { name: 'Vanishes' } })}]`;
  if (random.chance(0.5)) await pollAndVanish(url, 4, ['40', attend]);
  else await pollAndVanish(url, 3, [attend]);
}

/** Tries a wrong PIN, from one of a few addresses; most are locked out by now. */
async function guess(url: string, workspace: Invitation, random: Random): Promise<void> {
  if (random.chance(0.7)) return;
  const visitor = await Visitor.connect(url, random.pick(generations), `198.51.100.${random.whole(1, 20)}`);
  await visitor.ask('attend', { workspace: { ...workspace, pin: 'wrong' }, attendee: {} });
  part(visitor, random);
}

/** The owner rings everybody. They answer, decline or ignore it, negotiate, and some leave the call again. */
async function call(owner: Guest, guests: readonly Guest[], random: Random): Promise<void> {
  const ring = { id: 'call-1' };
  const caller = owner.proof.attendee;
  for (const { visitor, proof } of guests) {
    await owner.visitor.ask('ring', { ...owner.proof, callee: proof.attendee, offer, call: ring });
    const outcome = random.next();
    if (outcome < 0.1) continue;
    if (outcome < 0.2) await visitor.ask('busy', { ...proof, caller, call: ring });
    else {
      await visitor.ask('answer', { ...proof, caller, answer, call: ring });
      await negotiate(proof, owner.proof, visitor);
      await negotiate(owner.proof, proof, owner.visitor);
      await visitor.ask('peer-state', { ...proof, peer: caller, state: 'connected', route: 'host' });
    }
    await visitor.ask('mic-toggle', { ...proof, state: random.chance(0.5) });
    await visitor.ask('cam-toggle', { ...proof, state: random.chance(0.5) });
    if (random.chance(0.2)) await visitor.ask('leave-call', { ...proof, call: ring });
  }
  if (random.chance(0.5)) await owner.visitor.ask('hangup', { ...owner.proof, call: ring });
}

async function negotiate({ attendee, ...from }: Proof, to: Proof, visitor: Visitor): Promise<void> {
  const relay = { ...from, attendee: to.attendee, broadcaster: attendee };
  await visitor.ask('negotiation', { ...relay, message: { type: 'offer', data: offer } });
  await visitor.ask('icecandidate', { ...relay, candidate });
  visitor.send('icecandidate', { ...relay, candidate });
}

/** One guest goes, in one of the ways there are; some stay until the end. */
async function depart(
  owner: Guest,
  { visitor, proof }: Guest,
  arrive: () => Promise<Visitor>,
  random: Random,
): Promise<void> {
  const again = async (session: string) => (await arrive()).ask('re-attend', { ...proof, session });
  const ways: (() => unknown)[] = [
    () => {},
    () => visitor.close(),
    () => visitor.vanish(),
    () => visitor.ask('leave', proof),
    () => visitor.send('leave', proof),
    () => owner.visitor.ask('kick', { ...owner.proof, kickedAttendee: proof.attendee }),
    // A reload: the page is another one, and the former connection is gone.
    () => {
      visitor.close();
      return again('page-2');
    },
    // A change of network: the server takes the former connection for alive, and supersedes it.
    () => again('page-1'),
    // Whatever command a newer connection sends takes the seat over.
    async () => (await arrive()).ask('attendees', proof),
    // Gone while it is being served.
    () => {
      visitor.send('mic-toggle', { ...proof, state: false });
      visitor.vanish();
    },
  ];
  await random.pick(ways)();
}

/** Closes a workspace, over another connection where the owner's was lost. */
export async function close({ owner: { visitor, proof } }: Founded, url: string): Promise<void> {
  const destroyed = await visitor.ask('destroy', proof).catch(() => null);
  if (destroyed?.ok) return;
  const another = await Visitor.connect(url, generations[0]);
  await another.ask('re-attend', proof);
  await another.ask('destroy', proof);
  another.close();
}
