import type { Socket } from 'socket.io';
import { type Refusal, refuse } from '../../protocol/errors.ts';
import type { Commands } from '../../protocol/types.ts';
import { find, unchanged } from '../domain/change.ts';
import type { Services } from '../services.ts';
import type { Connection } from '../transport/connection.ts';
import { placeRoom } from '../transport/waiting-rooms.ts';
import type { Commits } from '../workspaces/commits.ts';
import type { SeatLocations } from '../workspaces/seat-locations.ts';
import { grant, iceServersFor } from './arrival.ts';
import { Reply } from './reply.ts';

/**
 * Gives people the seats to which they were admitted. Any node can store that somebody is admitted; the one that has the
 * connection gives it the seat, and answers as `attend` does, from the document as it is by then. So nothing that is sent to the
 * seat meanwhile is missed.
 */
export class Admissions {
  readonly #services: Services;
  readonly #locations: SeatLocations;
  readonly #commits: Commits;
  readonly #attend: Commands['attend'];

  /** @param attend the entry of the table, whose answer this gives */
  constructor(services: Services, locations: SeatLocations, commits: Commits, attend: Commands['attend']) {
    this.#attend = attend;
    this.#services = services;
    this.#locations = locations;
    this.#commits = commits;
  }

  /** Takes the seat for a connection that waited, behind the commands that the connection has sent before. */
  seat(connection: Connection, workspaceId: string, attendeeId: string): Promise<void> {
    return connection.queue.run(() => this.#seat(connection, workspaceId, attendeeId));
  }

  async #seat(connection: Connection, workspaceId: string, attendeeId: string): Promise<void> {
    const { socket } = connection;
    // It gave up meanwhile, or has the seat already.
    if (!socket.rooms.has(placeRoom(workspaceId, attendeeId))) return;
    const { log } = this.#services;
    try {
      const refusal = await this.#take(connection, workspaceId, attendeeId);
      if (!refusal) return;
      log.debug({ workspace: workspaceId, attendee: attendeeId, code: refusal.refused }, 'a seat was not taken');
    } catch (error) {
      log.warn({ err: error, workspace: workspaceId, attendee: attendeeId }, 'a seat was not taken');
    }
    // It comes back, and `attend` tells it how things are.
    socket.conn.close();
  }

  async #take(connection: Connection, workspace: string, attendee: string): Promise<Refusal | null> {
    const { socket } = connection;
    const iceServers = await iceServersFor(this.#services, attendee);
    return this.#commits.change<Refusal<'NOT_SEATED'>>(workspace, {
      as: { socket, attendee, access: 'anyone' },
      durability: 'best-effort',
      decide: (current) =>
        this.#isHeldBy(socket, find(current, attendee)) ? unchanged(current) : refuse('NOT_SEATED'),
      reply: (current) => {
        const reply = new Reply(connection, null);
        reply.give(this.#attend, grant(this.#services, current, attendee, ''));
        reply.iceServers(iceServers);
        this.#services.log.info({ workspace, attendee, rev: current.rev }, 'admitted');
      },
    });
  }

  #isHeldBy(socket: Socket, attendee: { connection: string | null } | undefined): boolean {
    return attendee?.connection === this.#locations.nameOf(socket);
  }
}
