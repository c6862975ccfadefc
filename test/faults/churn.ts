import type { Random } from '../client/random.ts';
import { answer, candidate, generations, offer } from '../support/fixtures.ts';
import { pollAndVanish, unfinishedHandshakes } from './handshakes.ts';
import { ConnectionLost, LightClient } from './light-client.ts';

export const capacity = 4;
const pin = '2468';

/** The fields that prove a seat, in each of its commands. */
interface Proof {
  workspace: { id: string };
  attendee: { id: string };
  accessToken: string;
}

interface Guest {
  client: LightClient;
  proof: Proof;
}

/** An invitation. */
export interface Invitation {
  token: string;
  pin?: string;
}

/** A workspace, and the owner that may close it. */
interface CreatedWorkspace {
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

/** Takes one workspace from `create` to `destroy`, with everything that people and networks do to it meanwhile. */
export async function runLifecycle({ url, guessed }: Target, random: Random): Promise<void> {
  const clients: LightClient[] = [];
  const arrive = async () => {
    const client = await LightClient.connect(url, random.pick(generations));
    clients.push(client);
    return client;
  };
  try {
    const created = await createWorkspace(await arrive(), random.chance(0.5) ? pin : null);
    const { owner, invitation } = created;
    // One guest more than the capacity.
    const seated = await Promise.all(Array.from({ length: capacity }, () => attend(arrive, invitation, random)));
    const guests = seated.flatMap((guest) => guest ?? []);
    await Promise.all([vanish(url, invitation, random), guess(url, guessed, random)]);
    await call(owner, guests, random);
    for (const guest of guests) await depart(owner, guest, arrive, random);
    await close(created, url);
  } catch (error) {
    // On a machine that is too busy heartbeats come late, and a connection is lost that nobody meant to lose. What it
    // leaves behind ends by itself.
    if (!(error instanceof ConnectionLost)) throw error;
  }
  for (const client of clients) disconnect(client, random);
}

export async function createWorkspace(client: LightClient, pin: string | null): Promise<CreatedWorkspace> {
  const withPin = pin === null ? {} : { pin };
  const created = await client.ask('create', { workspace: { name: 'Room', ...withPin }, attendee: { name: 'Owner' } });
  if (!created.ok) throw new Error(`create was refused: ${JSON.stringify(created.error)}`);
  return { owner: { client, proof: proofOf(created) }, invitation: { token: created.workspace.token, ...withPin } };
}

function disconnect(client: LightClient, random: Random): void {
  if (random.chance(0.5)) client.close();
  else client.vanish();
}

/** @returns null when all places are taken */
async function attend(
  arrive: () => Promise<LightClient>,
  workspace: Invitation,
  random: Random,
): Promise<Guest | null> {
  const client = await arrive();
  if (random.chance(0.3)) await misbehave(client, random);
  const granted = await client.ask('attend', { workspace, attendee: { name: 'Guest' }, session: 'page-1' });
  if (granted.ok) return { client, proof: proofOf(granted) };
  if (granted.error.code !== 'FULL') throw new Error(`attend was refused: ${JSON.stringify(granted.error)}`);
  disconnect(client, random);
  return null;
}

/** Sends events that no client should send. */
async function misbehave(client: LightClient, random: Random): Promise<void> {
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
  client.send(...event);
  await client.askRaw(...event);
}

/** Clients that begin to connect or take a seat, and then vanish. */
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
  const client = await LightClient.connect(url, random.pick(generations), `198.51.100.${random.whole(1, 20)}`);
  await client.ask('attend', { workspace: { ...workspace, pin: 'wrong' }, attendee: {} });
  disconnect(client, random);
}

/** The owner rings everybody. They answer, decline or ignore it, negotiate, and some leave the call again. */
async function call(owner: Guest, guests: readonly Guest[], random: Random): Promise<void> {
  const ring = { id: 'call-1' };
  const caller = owner.proof.attendee;
  for (const { client, proof } of guests) {
    await owner.client.ask('ring', { ...owner.proof, callee: proof.attendee, offer, call: ring });
    const outcome = random.next();
    if (outcome < 0.1) continue;
    if (outcome < 0.2) await client.ask('busy', { ...proof, caller, call: ring });
    else {
      await client.ask('answer', { ...proof, caller, answer, call: ring });
      await negotiate(proof, owner.proof, client);
      await negotiate(owner.proof, proof, owner.client);
      await client.ask('peer-state', { ...proof, peer: caller, state: 'connected', route: 'host' });
    }
    await client.ask('mic-toggle', { ...proof, state: random.chance(0.5) });
    await client.ask('cam-toggle', { ...proof, state: random.chance(0.5) });
    if (random.chance(0.2)) await client.ask('leave-call', { ...proof, call: ring });
  }
  if (random.chance(0.5)) await owner.client.ask('hangup', { ...owner.proof, call: ring });
}

async function negotiate({ attendee, ...from }: Proof, to: Proof, client: LightClient): Promise<void> {
  const relay = { ...from, attendee: to.attendee, broadcaster: attendee };
  await client.ask('negotiation', { ...relay, message: { type: 'offer', data: offer } });
  await client.ask('icecandidate', { ...relay, candidate });
  client.send('icecandidate', { ...relay, candidate });
}

/** One guest goes in one of the possible ways, or stays until the end. */
async function depart(
  owner: Guest,
  { client, proof }: Guest,
  arrive: () => Promise<LightClient>,
  random: Random,
): Promise<void> {
  const again = async (session: string) => (await arrive()).ask('re-attend', { ...proof, session });
  const ways: (() => unknown)[] = [
    () => {},
    () => client.close(),
    () => client.vanish(),
    () => client.ask('leave', proof),
    () => client.send('leave', proof),
    () => owner.client.ask('kick', { ...owner.proof, kickedAttendee: proof.attendee }),
    // A reload: the page is another one, and the former connection is gone.
    () => {
      client.close();
      return again('page-2');
    },
    // A change of network: the server takes the former connection for alive, and supersedes it.
    () => again('page-1'),
    // Whatever command a newer connection sends takes the seat over.
    async () => (await arrive()).ask('attendees', proof),
    // The connection ends while the server works for it.
    () => {
      client.send('mic-toggle', { ...proof, state: false });
      client.vanish();
    },
  ];
  await random.pick(ways)();
}

/** Closes a workspace, over another connection where the owner's was lost. */
export async function close({ owner: { client, proof } }: CreatedWorkspace, url: string): Promise<void> {
  const destroyed = await client.ask('destroy', proof).catch(() => null);
  if (destroyed?.ok) return;
  const another = await LightClient.connect(url, generations[0]);
  await another.ask('re-attend', proof);
  await another.ask('destroy', proof);
  another.close();
}
