/**
 * A part of the herd, in a process of its own: seats people in fives, lets them come back when it is told to, and has
 * the people that are back speak to each other. Its parent tells it what to do, message by message.
 */
import { Person, type Place } from './person.ts';

/** What the parent asks for. */
export type Order =
  | { seat: { people: number; ports: readonly number[]; from: string } }
  | { drop: true }
  | { comeBack: { ports: readonly number[]; withinMs: number } }
  | { report: true };

/** What has become of the people. */
export interface Report {
  back: number;
  lost: number;
  /** When each came back, ms since the order. */
  backAfter: number[];
  /** How long relays took, ms. */
  relays: number[];
  /** Why connections and commands failed, and how often. */
  failures: Record<string, number>;
  /** How late the timers of this process were, at most, ms: that much of the other figures is its own. */
  lateMs: number;
}

const PEOPLE = 5;

/** Workspaces that are filled at a time. */
const AT_ONCE = 20;

/** How often somebody who is back speaks to somebody who is back, ms. */
const RELAY_EVERY_MS = 20;

const failures = new Map<string, number>();
let relays: number[] = [];
const people: Person[] = [];
let from = '127.0.0.1';
let orderedAt = 0;
let lateMs = 0;

function newPerson(): Person {
  return new Person(failures, (sentAt) => relays.push(performance.timeOrigin + performance.now() - sentAt));
}

/** People of one workspace have neighbouring places, and are spread over the ports. */
const placeOf = (index: number, ports: readonly number[]): Place => ({ port: ports[index % ports.length] ?? 0, from });

async function seat(count: number, ports: readonly number[]): Promise<void> {
  const groups = Math.ceil(count / PEOPLE);
  let next = 0;
  const fill = async () => {
    while (next < groups) {
      next += 1;
      const group = Array.from({ length: PEOPLE }, newPerson);
      const at = people.length;
      people.push(...group);
      const [owner, ...guests] = group as [Person, ...Person[]];
      await owner.create(placeOf(at, ports));
      await Promise.all(guests.map((guest, index) => guest.attend(placeOf(at + 1 + index, ports), owner.invitation)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, fill));
}

function comeBack(ports: readonly number[], withinMs: number): void {
  orderedAt = performance.now();
  relays = [];
  failures.clear();
  lateMs = 0;
  for (const [index, person] of people.entries()) {
    person.drop();
    setTimeout(() => person.comeBack(placeOf(index, ports)), Math.random() * withinMs);
  }
}

function speak(): void {
  const from = people[Math.floor(Math.random() * people.length)];
  if (!from?.isBack) return;
  const group = people.slice(Math.floor(people.indexOf(from) / PEOPLE) * PEOPLE).slice(0, PEOPLE);
  const to = group.find((other) => other !== from && other.isBack);
  if (to) from.relayTo(to);
}

function report(): Report {
  return {
    back: people.filter(({ isBack }) => isBack).length,
    lost: people.filter(({ isLost }) => isLost).length,
    backAfter: people.flatMap(({ backAt }) => (backAt === null ? [] : [backAt - orderedAt])),
    relays,
    failures: Object.fromEntries(failures),
    lateMs,
  };
}

let tickedAt = performance.now();
setInterval(() => {
  const now = performance.now();
  lateMs = Math.max(lateMs, now - tickedAt - RELAY_EVERY_MS);
  tickedAt = now;
  speak();
}, RELAY_EVERY_MS);
setInterval(() => {
  for (const person of people) person.checkSilence(performance.now());
}, 1000);

process.once('disconnect', () => process.exit());
process.on('message', async (order: Order) => {
  if ('seat' in order) {
    from = order.seat.from;
    await seat(order.seat.people, order.seat.ports);
  } else if ('drop' in order) for (const person of people) person.drop();
  else if ('comeBack' in order) comeBack(order.comeBack.ports, order.comeBack.withinMs);
  process.send?.(report());
});
process.send?.('ready');
