import type { Socket } from 'socket.io-client';
import type { CommandName, CommandPayload, Reply } from '../../src/protocol/types.ts';
import type { Random } from '../client/random.ts';
import { answer, offer } from '../support/fixtures.ts';
import { type AcknowledgedSeat, acknowledgedSeat, proofOf } from './acknowledged-seats.ts';
import { ask, connect } from './clients.ts';

const call = { id: 'call' };
const CONNECTIONS = 12;
/** The error codes when the seat to end has ended already. */
const ENDED: readonly string[] = ['NOT_SEATED', 'NO_SUCH_ATTENDEE'];

interface RandomLoadOptions {
  random: Random;
  capacity: number;
  /** Called at each acknowledgement with the number of acknowledgements so far. */
  onAcknowledged: (count: number) => void;
}

/**
 * Random commands over many connections at once, until the connections are lost: they create workspaces and attend them
 * beyond their capacity, ring and answer, re-attend under another name, leave and kick.
 */
export class RandomLoad {
  /** Every acknowledged seat. */
  readonly seats: AcknowledgedSeat[] = [];
  readonly refused = new Set<string>();
  readonly #sockets: readonly Socket[];
  readonly #options: RandomLoadOptions;
  #acknowledged = 0;

  private constructor(sockets: readonly Socket[], options: RandomLoadOptions) {
    this.#sockets = sockets;
    this.#options = options;
  }

  static async connect(url: string, options: RandomLoadOptions): Promise<RandomLoad> {
    return new RandomLoad(await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(url))), options);
  }

  async run(): Promise<void> {
    await Promise.all(this.#sockets.map((socket, worker) => this.#createRepeatedly(socket, worker)));
  }

  async #createRepeatedly(socket: Socket, worker: number): Promise<void> {
    const { random, capacity } = this.#options;
    for (let turn = 0; socket.connected; turn += 1) {
      const workspace = { name: `Room ${worker} ${turn}`, avatar: 'room.png' };
      const owner = await this.#sit(socket, 'create', { workspace, attendee: { name: 'Owner' } });
      if (!owner) return;
      // The owner's own connection would be answered with the owner's seat.
      const strangers = this.#sockets.filter((each) => each !== socket);
      const first = random.whole(0, strangers.length - 1);
      const guests = Array.from({ length: capacity + 1 }, (_, index) => strangers[(first + index) % strangers.length]);
      await Promise.all(guests.map((guest) => guest && this.#playGuest(guest, socket, owner)));
      if (random.chance(0.2)) await this.#end(owner, socket, 'leave', proofOf(owner));
    }
  }

  /** Takes a seat and does something with it; all guests of a workspace do that at once. */
  async #playGuest(socket: Socket, ownerSocket: Socket, owner: AcknowledgedSeat): Promise<void> {
    const { random } = this.#options;
    const { token } = owner.workspace;
    const guest = await this.#sit(socket, 'attend', { workspace: { token }, attendee: { name: 'Guest' } });
    if (!guest) return;
    if (random.chance(0.7)) await this.#callGuest(guest, socket, ownerSocket, owner);
    const actions = [
      () => this.#rename(guest, socket, `Guest ${random.whole(1, 1000)}`),
      () => this.#end(guest, socket, 'leave', proofOf(guest)),
      () => this.#kick(guest, ownerSocket, owner),
      // The second of the two gets the error that the seat has ended.
      () => Promise.all([this.#end(guest, socket, 'leave', proofOf(guest)), this.#kick(guest, ownerSocket, owner)]),
      () => this.#attendAgain(guest, socket),
      () => {},
    ];
    await random.pick(actions)();
  }

  async #callGuest(
    guest: AcknowledgedSeat,
    socket: Socket,
    ownerSocket: Socket,
    owner: AcknowledgedSeat,
  ): Promise<void> {
    if (owner.onCall === 'no') owner.onCall = 'maybe';
    const rung = await this.#ask(ownerSocket, 'ring', {
      ...proofOf(owner),
      callee: { id: guest.attendee.id },
      offer,
      call,
    });
    if (!rung?.ok) return;
    owner.onCall = 'yes';
    guest.onCall = 'maybe';
    const caller = { id: owner.attendee.id };
    const answered = await this.#ask(socket, 'answer', { ...proofOf(guest), caller, answer, call });
    if (answered?.ok) guest.onCall = 'yes';
  }

  async #rename(guest: AcknowledgedSeat, socket: Socket, name: string): Promise<void> {
    const proof = proofOf(guest);
    guest.names.push(name);
    const renamed = await this.#ask(socket, 're-attend', { ...proof, attendee: { ...proof.attendee, name } });
    if (renamed?.ok) guest.names = [name];
  }

  /** As after a lost answer: it is the same seat, under another name. */
  async #attendAgain(guest: AcknowledgedSeat, socket: Socket): Promise<void> {
    const name = 'Another guest';
    guest.names.push(name);
    const { token } = guest.workspace;
    const again = await this.#ask(socket, 'attend', { workspace: { token }, attendee: { name } });
    if (!again?.ok) return;
    if (again.attendee.id !== guest.attendee.id) throw new Error('A connection was given a second seat.');
    guest.names = [name];
  }

  #kick(guest: AcknowledgedSeat, ownerSocket: Socket, owner: AcknowledgedSeat): Promise<void> {
    return this.#end(guest, ownerSocket, 'kick', { ...proofOf(owner), kickedAttendee: { id: guest.attendee.id } });
  }

  async #end<Name extends 'leave' | 'kick'>(
    seat: AcknowledgedSeat,
    socket: Socket,
    name: Name,
    payload: CommandPayload<Name>,
  ): Promise<void> {
    if (seat.ended === 'no') seat.ended = 'maybe';
    const reply = await this.#ask(socket, name, payload);
    // Another command ended the seat before: this error acknowledges that, too.
    if (reply?.ok || (reply && ENDED.includes(reply.error.code))) seat.ended = 'yes';
  }

  async #sit<Name extends 'create' | 'attend'>(
    socket: Socket,
    name: Name,
    payload: CommandPayload<Name>,
  ): Promise<AcknowledgedSeat | null> {
    const reply: Reply<'create' | 'attend'> | null = await this.#ask(socket, name, payload);
    if (!reply?.ok) return null;
    const seat = acknowledgedSeat(reply);
    this.seats.push(seat);
    return seat;
  }

  /** @returns null if the connection was lost first */
  async #ask<Name extends CommandName>(socket: Socket, name: Name, payload: CommandPayload<Name>) {
    const reply = await ask(socket, name, payload);
    if (reply?.ok) {
      this.#acknowledged += 1;
      this.#options.onAcknowledged(this.#acknowledged);
    } else if (reply) this.refused.add(reply.error.code);
    return reply;
  }
}
