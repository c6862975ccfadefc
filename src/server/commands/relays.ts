import { isRefusal, type Refusal, refuse } from '../../protocol/errors.ts';
import type { CommandInput } from '../../protocol/types.ts';
import type { Claims } from '../auth/tokens.ts';
import { find } from '../domain/change.ts';
import type { Services } from '../services.ts';
import type { Connection } from '../transport/connection.ts';
import { seatRoom } from '../transport/seat-rooms.ts';
import type { Delivery } from '../workspaces/delivery.ts';
import type { SeatLocations } from '../workspaces/seat-locations.ts';
import { authenticate } from './authenticate.ts';
import type { RelayName } from './handler.ts';
import { relays } from './index.ts';
import { relayedOf } from './left-out.ts';

const NODES_APART = 'The other one cannot be reached at the moment. Try again.';

/** Takes the seat that a token proves for a connection. @returns null when the connection holds the seat */
export type Enter = (connection: Connection, claims: Claims) => Promise<Refusal | null>;

/**
 * The ordinary way of relays, through Socket.IO. Most relays take the fast path instead (`fast-path.ts`); a check that
 * is added here has to be added there.
 */
export class Relays {
  readonly #services: Services;
  readonly #locations: SeatLocations;
  readonly #delivery: Delivery;
  readonly #enter: Enter;

  constructor(services: Services, locations: SeatLocations, delivery: Delivery, enter: Enter) {
    this.#services = services;
    this.#locations = locations;
    this.#delivery = delivery;
    this.#enter = enter;
  }

  /** Hands a checked payload on to its target. @returns null, or the refusal; then nothing was handed on */
  async relay<Name extends RelayName>(
    connection: Connection,
    name: Name,
    input: CommandInput<Name>,
  ): Promise<Refusal | null> {
    const sender = authenticate(connection, input, this.#services);
    if (isRefusal(sender)) return sender;
    const refusal =
      (await this.#enter(connection, sender)) ?? (await this.#missing(sender.workspace, input.attendee.id));
    if (refusal) return refusal;
    const relayed = relayedOf(this.#services, connection, input);
    if (relayed) this.#delivery.relay(sender.workspace, input.attendee.id, name, relays[name](sender, relayed));
    return null;
  }

  /**
   * Why a target cannot be reached; null where it can. No store is read where a connection of this node holds the
   * target's seat: the room of a seat exists as long as the seat.
   */
  async #missing(workspaceId: string, attendeeId: string): Promise<Refusal | null> {
    if (this.#locations.isHere(workspaceId, attendeeId)) return null;
    const { cluster, store } = this.#services;
    if (!cluster.isReachable) return refuse('BUSY_TRY_AGAIN', {}, NODES_APART);
    const room = seatRoom(workspaceId, attendeeId);
    if (this.#locations.isElsewhere(room)) return null;
    const workspace = await store.get(workspaceId);
    if (!workspace) return refuse('WORKSPACE_GONE');
    const target = find(workspace, attendeeId);
    if (!target) return refuse('NO_SUCH_ATTENDEE');
    if (this.#locations.whereIs(target.connection) === 'elsewhere') this.#locations.rememberElsewhere(room);
    return null;
  }
}
