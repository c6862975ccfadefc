import type { Socket } from 'socket.io';
import { commandTable } from '../../protocol/commands.ts';
import { isRefusal, type Refusal, refuse } from '../../protocol/errors.ts';
import type { CommandInput, CommandName } from '../../protocol/types.ts';
import { whatIsWrong } from '../../protocol/validation.ts';
import type { Claims } from '../auth/tokens.ts';
import { find, unchanged } from '../domain/change.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services.ts';
import { StoreAway, StoreError } from '../storage/store.ts';
import { Connection } from '../transport/connection.ts';
import { FirstCommandTimeout } from '../transport/first-command-timeout.ts';
import { OVERSIZED } from '../transport/parser.ts';
import { seatRoom } from '../transport/seat-rooms.ts';
import type { Commits } from '../workspaces/commits.ts';
import type { Delivery } from '../workspaces/delivery.ts';
import type { Context, Handler, Outcome, RelayName } from './handler.ts';
import { handlers, relays } from './index.ts';
import { type Ack, Reply } from './reply.ts';

/** What every command of a seat carries. */
interface Proof {
  workspace: { id: string };
  attendee?: { id: string };
  broadcaster?: { id: string };
  accessToken: string;
}

const APART = 'The other one cannot be reached at the moment. Try again.';

/** The one pipeline that every command passes. */
export class Dispatcher {
  readonly #services: Services;
  readonly #delivery: Delivery;
  readonly #commits: Commits;
  readonly #firstCommand: FirstCommandTimeout;
  readonly #table: ReturnType<typeof commandTable>;
  /** Commands that are under way, so that a stop can wait for them. */
  readonly #underWay = new Set<Promise<void>>();
  #isStopping = false;

  constructor(services: Services, delivery: Delivery, commits: Commits) {
    this.#services = services;
    this.#delivery = delivery;
    this.#commits = commits;
    this.#firstCommand = new FirstCommandTimeout(services.config.settings.first_command_seconds * 1000);
    const { max_name_length: name, max_avatar_length: avatar } = services.config.settings;
    this.#table = commandTable({ name, avatar });
  }

  /** Serves a new connection until it ends. */
  serve(socket: Socket, address: string): Connection {
    const { settings } = this.#services.config;
    const connection = new Connection(socket, address, settings.commands_per_second);
    this.#firstCommand.add(socket);
    socket.on('disconnecting', () => {
      this.#firstCommand.delete(socket);
      this.#commits.onDisconnecting(socket);
    });
    socket.onAny((...event: unknown[]) => {
      if (this.#receive(connection, event)) this.#firstCommand.delete(socket);
    });
    return connection;
  }

  /** Waits for the commands that are under way. Those that have not begun are refused, however many wait. */
  async close(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([this.#services.pins.close(), ...this.#underWay]);
    this.#commits.close();
  }

  /**
   * @param event as it was sent: clients that mean harm send events without a name, or with a number for one
   * @returns whether it was a command
   */
  #receive(connection: Connection, event: unknown[]): boolean {
    const last = event.at(-1);
    const ack = typeof last === 'function' ? (last as Ack) : null;
    const reply = new Reply(connection, ack);
    const [first, ...payloads] = ack ? event.slice(0, -1) : event;
    const name = typeof first === 'string' ? first : '';
    try {
      const refusal = this.#accept(connection, name, payloads, reply);
      if (!refusal) return true;
      // A flood is not answered with a flood of sentences; an ack is always called.
      const isFlood = refusal.refused === 'RATE_LIMITED' && !ack && !connection.mayAlert(this.#services.now());
      if (!isFlood) this.#refuse(reply, name, refusal);
    } catch (error) {
      this.#refuse(reply, name, this.#failure(error, name));
    }
    return false;
  }

  /** Rate, size, name and form; what passes gets its turn. */
  #accept(connection: Connection, name: string, payloads: unknown[], reply: Reply): Refusal | null {
    const missing = connection.rate.take(this.#services.now());
    if (missing > 0) return refuse('RATE_LIMITED', { retryAfter: Math.ceil(missing / 1000) });
    if (payloads[0] === OVERSIZED) return refuse('TOO_LARGE');
    if (!isCommand(this.#table, name)) return refuse('UNKNOWN_COMMAND');
    if (payloads.length !== 1) {
      return refuse('INVALID_PAYLOAD', { field: 'payload' }, 'A command takes one payload, and an ack if you like.');
    }
    const parsed = this.#table[name].input.safeParse(payloads[0]);
    if (!parsed.success) return whatIsWrong(parsed.error);
    this.#inTurn(connection, name, parsed.data, reply);
    return null;
  }

  #inTurn(connection: Connection, name: CommandName, input: unknown, reply: Reply): void {
    const task = connection.queue.run(async () => {
      try {
        const refusal = await this.#begin(connection, name, input, reply);
        if (refusal) this.#refuse(reply, name, refusal);
      } catch (error) {
        this.#refuse(reply, name, this.#failure(error, name));
      }
    });
    this.#underWay.add(task);
    task.finally(() => this.#underWay.delete(task));
  }

  async #begin(connection: Connection, name: CommandName, input: unknown, reply: Reply): Promise<Refusal | null> {
    if (this.#isStopping) return refuse('BUSY_TRY_AGAIN', {}, 'The server is stopping. Try again in a moment.');
    return isRelay(name)
      ? this.#relay(connection, name, input as CommandInput<typeof name>, reply)
      : this.#carryOut(connection, name, input as CommandInput<typeof name>, reply);
  }

  /** Authenticates, lets the handler do its slow work, and commits its plan. @returns what to refuse, or null */
  async #carryOut<Name extends Exclude<CommandName, RelayName>>(
    connection: Connection,
    name: Name,
    input: CommandInput<Name>,
    reply: Reply,
  ): Promise<Refusal | null> {
    const { access } = this.#table[name];
    const sender = access === 'anyone' ? null : this.#authenticate(connection, input as Proof);
    if (sender && isRefusal(sender)) return sender;
    const handler: Handler<Name> = handlers[name];
    const context = this.#context(connection, sender) as Parameters<Handler<Name>>[0];
    const outcome: Outcome<Name> = await handler(context, input);
    if (isRefusal(outcome)) return outcome;
    if (!('workspace' in outcome)) {
      reply.give(this.#table[name], outcome.output);
      return null;
    }
    // Whoever was about to sit down is gone; what others send as they go (`leave`) still counts.
    if (outcome.seats !== undefined && !connection.socket.connected) return null;
    const { workspace: workspaceId, seats = sender?.attendee } = outcome;
    const afterwards = (workspace: Workspace) => {
      reply.give(this.#table[name], outcome.output(workspace));
      reply.iceServers(outcome.iceServers);
      this.#services.log.info({ workspace: workspaceId, attendee: seats, rev: workspace.rev }, name);
    };
    const { socket } = connection;
    if ('creates' in outcome) {
      return this.#commits.create(
        outcome.creates(this.#services.now()),
        { socket, attendee: outcome.seats },
        afterwards,
      );
    }
    const decide = sender ? this.#commits.asSeat<Refusal>(sender, connection, access, outcome.decide) : outcome.decide;
    const claimant = seats === undefined ? null : { socket, attendee: seats };
    return this.#commits.change<Refusal>(workspaceId, decide, claimant, afterwards);
  }

  /** The seat that the access token proves, if it is the one that the payload speaks of. */
  #authenticate(connection: Connection, proof: Proof): Claims | Refusal {
    const { tokens, now } = this.#services;
    const claims = connection.claims(proof.accessToken, tokens, now());
    if (isRefusal(claims))
      return { ...claims, message: 'The session is not valid any more. Join the workspace again.' };
    const named = proof.broadcaster ?? proof.attendee;
    if (claims.workspace === proof.workspace.id && (named === undefined || named.id === claims.attendee)) return claims;
    return refuse('INVALID_TOKEN', {}, 'The access token belongs to another attendee or workspace.');
  }

  #context(connection: Connection, sender: Claims | null): Context & { sender: Claims | null } {
    const services = this.#services;
    return {
      services,
      sender,
      address: connection.address,
      via: { connection: this.#delivery.nameOf(connection.socket), legacy: connection.legacy },
      claims: (token) => connection.claims(token, services.tokens, services.now()),
      enter: (claims) => this.#enter(connection, claims),
    };
  }

  /** Gives the connection the seat that a token proves, unless it holds it already. */
  async #enter(connection: Connection, claims: Claims): Promise<Refusal | null> {
    const { workspace, attendee } = claims;
    if (holds(connection, claims)) return null;
    const decide = this.#commits.asSeat(claims, connection, 'seat', unchanged);
    return this.#commits.change(workspace, decide, { socket: connection.socket, attendee }, () => {});
  }

  /**
   * Relays read no store where the target's connection is here: holding a seat's room says that the seat has not ended.
   * Most of them do not come here at all, but take the shortcut.
   */
  async #relay<Name extends RelayName>(
    connection: Connection,
    name: Name,
    input: CommandInput<Name>,
    reply: Reply,
  ): Promise<Refusal | null> {
    const sender = this.#authenticate(connection, input);
    if (isRefusal(sender)) return sender;
    const refusal = await this.#enter(connection, sender);
    if (refusal) return refusal;
    const missing = await this.#missing(sender.workspace, input.attendee.id);
    if (missing) return missing;
    this.#handOn(sender, name, input, reply);
    return null;
  }

  /** Why nothing can be handed on to somebody; null where it can. */
  async #missing(workspaceId: string, attendeeId: string): Promise<Refusal | null> {
    if (this.#delivery.isHere(workspaceId, attendeeId)) return null;
    const { cluster, store } = this.#services;
    if (!cluster.isReachable) return refuse('BUSY_TRY_AGAIN', {}, APART);
    const room = seatRoom(workspaceId, attendeeId);
    if (this.#delivery.isElsewhere(room)) return null;
    const workspace = await store.get(workspaceId);
    if (!workspace) return refuse('WORKSPACE_GONE');
    const target = find(workspace, attendeeId);
    if (!target) return refuse('NO_SUCH_ATTENDEE');
    if (this.#delivery.whereIs(target.connection) === 'elsewhere') this.#delivery.sawElsewhere(room);
    return null;
  }

  #handOn<Name extends RelayName>(sender: Claims, name: Name, input: CommandInput<Name>, reply: Reply): void {
    this.#delivery.relay(sender.workspace, input.attendee.id, name, relays[name](sender, input));
    reply.give(this.#table[name], {});
  }

  #refuse(reply: Reply, command: string, refusal: Refusal): void {
    this.#services.log.debug({ command: forLog(command), code: refusal.refused }, 'refused');
    reply.refuse(refusal);
  }

  #failure(error: unknown, command: string): Refusal {
    const level = error instanceof StoreAway ? 'debug' : 'error';
    this.#services.log[level]({ err: error, command: forLog(command) }, 'command failed');
    if (!(error instanceof StoreError)) return refuse('INTERNAL');
    return refuse('BUSY_TRY_AGAIN', {}, 'The server cannot save that right now. Try again in a moment.');
  }
}

/** Anybody can send any name, and a terminal acts on what it cannot print. */
function forLog(command: string): string {
  return command.slice(0, 32).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}

function isCommand(table: object, name: string): name is CommandName {
  return Object.hasOwn(table, name);
}

function isRelay(name: CommandName): name is RelayName {
  return Object.hasOwn(relays, name);
}

function holds(connection: Connection, { workspace, attendee }: Claims): boolean {
  return connection.socket.rooms.has(seatRoom(workspace, attendee));
}
