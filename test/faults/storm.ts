import type { Socket } from 'socket.io-client';
import type { CommandName, CommandPayload, Reply } from '../../src/protocol/types.ts';
import type { Random } from '../client/random.ts';
import { answer, offer } from '../support/fixtures.ts';
import { ask, connect } from './clients.ts';
import { type KeptSeat, keptSeat, proofOf } from './ledger.ts';

const call = { id: 'call' };
const CONNECTIONS = 12;
/** What is answered when the seat that shall end has ended. */
const ENDED: readonly string[] = ['NOT_SEATED', 'NO_SUCH_ATTENDEE'];

export interface StormOptions {
  random: Random;
  capacity: number;
  /** Hears how many commands were acknowledged so far, at each one. */
  onAcknowledged: (count: number) => void;
}

/**
 * Everything at once over many connections, until they are gone: workspaces are created and more people attend them
 * than there are places; they are rung and answer, come back under another name, leave and are kicked.
 */
export class Storm {
  /** Every seat that was acknowledged. */
  readonly seats: KeptSeat[] = [];
  readonly refused = new Set<string>();
  readonly #sockets: readonly Socket[];
  readonly #options: StormOptions;
  #acknowledged = 0;

  private constructor(sockets: readonly Socket[], options: StormOptions) {
    this.#sockets = sockets;
    this.#options = options;
  }

  static async over(url: string, options: StormOptions): Promise<Storm> {
    return new Storm(await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(url))), options);
  }

  async rage(): Promise<void> {
    await Promise.all(this.#sockets.map((socket, worker) => this.#keepCreating(socket, worker)));
  }

  async #keepCreating(socket: Socket, worker: number): Promise<void> {
    const { random, capacity } = this.#options;
    for (let turn = 0; socket.connected; turn += 1) {
      const workspace = { name: `Room ${worker} ${turn}`, avatar: 'room.png' };
      const owner = await this.#sit(socket, 'create', { workspace, attendee: { name: 'Owner' } });
      if (!owner) return;
      const first = random.whole(0, CONNECTIONS - 1);
      const guests = Array.from({ length: capacity + 1 }, (_, index) => this.#sockets[(first + index) % CONNECTIONS]);
      await Promise.all(guests.map((guest) => guest && this.#live(guest, socket, owner)));
      if (random.chance(0.2)) await this.#end(owner, socket, 'leave', proofOf(owner));
    }
  }

  /** What a guest does in a workspace, all guests of it at once. */
  async #live(socket: Socket, ownerSocket: Socket, owner: KeptSeat): Promise<void> {
    const { random } = this.#options;
    const { token } = owner.workspace;
    const guest = await this.#sit(socket, 'attend', { workspace: { token }, attendee: { name: 'Guest' } });
    if (!guest) return;
    if (random.chance(0.7)) await this.#talk(guest, socket, ownerSocket, owner);
    const deeds = [
      () => this.#rename(guest, socket, `Guest ${random.whole(1, 1000)}`),
      () => this.#end(guest, socket, 'leave', proofOf(guest)),
      () => this.#kick(guest, ownerSocket, owner),
      // One of them comes first, and the other is told that the seat has ended.
      () => Promise.all([this.#end(guest, socket, 'leave', proofOf(guest)), this.#kick(guest, ownerSocket, owner)]),
      () => this.#sit(socket, 'attend', { workspace: { token }, attendee: { name: 'Another guest' } }),
      () => {},
    ];
    await random.pick(deeds)();
  }

  async #talk(guest: KeptSeat, socket: Socket, ownerSocket: Socket, owner: KeptSeat): Promise<void> {
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

  async #rename(guest: KeptSeat, socket: Socket, name: string): Promise<void> {
    const proof = proofOf(guest);
    guest.names.push(name);
    const renamed = await this.#ask(socket, 're-attend', { ...proof, attendee: { ...proof.attendee, name } });
    if (renamed?.ok) guest.names = [name];
  }

  #kick(guest: KeptSeat, ownerSocket: Socket, owner: KeptSeat): Promise<void> {
    return this.#end(guest, ownerSocket, 'kick', { ...proofOf(owner), kickedAttendee: { id: guest.attendee.id } });
  }

  async #end<Name extends 'leave' | 'kick'>(
    seat: KeptSeat,
    socket: Socket,
    name: Name,
    payload: CommandPayload<Name>,
  ): Promise<void> {
    if (seat.ended === 'no') seat.ended = 'maybe';
    const reply = await this.#ask(socket, name, payload);
    // Somebody else's kick came before: to say so is to acknowledge it.
    if (reply?.ok || (reply && ENDED.includes(reply.error.code))) seat.ended = 'yes';
  }

  async #sit<Name extends 'create' | 'attend'>(
    socket: Socket,
    name: Name,
    payload: CommandPayload<Name>,
  ): Promise<KeptSeat | null> {
    const reply: Reply<'create' | 'attend'> | null = await this.#ask(socket, name, payload);
    if (!reply?.ok) return null;
    const seat = keptSeat(reply);
    this.seats.push(seat);
    return seat;
  }

  /** @returns null when the server is gone */
  async #ask<Name extends CommandName>(socket: Socket, name: Name, payload: CommandPayload<Name>) {
    const reply = await ask(socket, name, payload);
    if (reply?.ok) {
      this.#acknowledged += 1;
      this.#options.onAcknowledged(this.#acknowledged);
    } else if (reply) this.refused.add(reply.error.code);
    return reply;
  }
}
