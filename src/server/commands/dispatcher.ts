import type { Socket } from 'socket.io';
import { commandTable } from '../../protocol/commands.ts';
import { isRefusal, type Refusal, refuse, refuseBy } from '../../protocol/errors.ts';
import type { CommandInput, CommandName, Commands } from '../../protocol/types.ts';
import { whatIsWrong } from '../../protocol/validation.ts';
import type { Claims } from '../auth/tokens.ts';
import { unchanged } from '../domain/change.ts';
import { giveUp } from '../domain/waiting.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services.ts';
import { StoreAway, StoreError } from '../storage/store.ts';
import { Connection } from '../transport/connection.ts';
import { FirstCommandTimeout } from '../transport/first-command-timeout.ts';
import type { Hearing } from '../transport/hearing.ts';
import { OVERSIZED } from '../transport/parser.ts';
import { seatRoom } from '../transport/seat-rooms.ts';
import { placeRoom, placesOf } from '../transport/waiting-rooms.ts';
import { Chat } from '../workspaces/chat.ts';
import type { Commits } from '../workspaces/commits.ts';
import type { Delivery } from '../workspaces/delivery.ts';
import type { SeatLocations } from '../workspaces/seat-locations.ts';
import type { UserConnections } from '../workspaces/user-connections.ts';
import { Admissions } from './admissions.ts';
import { authenticate, type Proof } from './authenticate.ts';
import type { Context, Handler, Outcome, Plan, RelayName, SeatRefusal } from './handler.ts';
import { handlers, relays } from './index.ts';
import { Relays } from './relays.ts';
import { type Ack, Reply } from './reply.ts';
import { Returns } from './returns.ts';

/** What a command works upon. */
interface Rooms {
  readonly locations: SeatLocations;
  readonly delivery: Delivery;
  readonly commits: Commits;
  readonly userConnections: UserConnections;
  readonly hearing: Hearing;
}

/** The one pipeline that every command passes. */
export class Dispatcher {
  readonly #services: Services;
  readonly #locations: SeatLocations;
  readonly #commits: Commits;
  readonly #userConnections: UserConnections;
  readonly #chat: Chat | null;
  readonly #delivery: Delivery;
  readonly #relays: Relays;
  readonly #admissions: Admissions;
  readonly #firstCommand: FirstCommandTimeout;
  readonly #returns: Returns;
  readonly #table: Commands;
  /** Commands that are under way, so that a stop can wait for them. */
  readonly #underWay = new Set<Promise<void>>();
  #isStopping = false;

  constructor(services: Services, { locations, delivery, commits, userConnections, hearing }: Rooms) {
    this.#services = services;
    this.#locations = locations;
    this.#userConnections = userConnections;
    this.#delivery = delivery;
    this.#commits = commits;
    this.#chat = services.chatRecords && new Chat(services, services.chatRecords, locations, delivery);
    this.#returns = new Returns(
      () => performance.now(),
      () => hearing.isHerd,
    );
    hearing.watch(this.#returns);
    this.#relays = new Relays(services, locations, delivery, (connection, claims) => this.#enter(connection, claims));
    this.#firstCommand = new FirstCommandTimeout(
      services.config.settings.first_command_seconds * 1000,
      (ms) => hearing.unheardMs(hearing.now() - ms),
      () => services.measurements.refused.add('first_command_seconds'),
    );
    const { max_name_length: name, max_avatar_length: avatar, max_message_length: message } = services.config.settings;
    this.#table = commandTable({ name, avatar, message });
    this.#admissions = new Admissions(services, locations, commits, this.#table.attend);
  }

  /** Serves a new connection until it ends. */
  serve(socket: Socket, address: string): Connection {
    const { settings } = this.#services.config;
    const connection = new Connection(socket, address, settings.commands_per_second);
    this.#firstCommand.add(socket);
    socket.on('disconnecting', () => {
      this.#firstCommand.delete(socket);
      this.#commits.background.onDisconnecting(socket);
      this.#userConnections.signOut(connection);
    });
    socket.onAny((...event: unknown[]) => {
      if (this.#receive(connection, event)) this.#firstCommand.delete(socket);
    });
    return connection;
  }

  /** The form of the payload of a command. */
  inputOf<Name extends CommandName>(name: Name): Commands[Name]['input'] {
    return this.#table[name].input;
  }

  /** Gives a connection the seat to which the owner has admitted somebody. */
  admit(connection: Connection, workspaceId: string, attendeeId: string): void {
    this.#follow(this.#admissions.seat(connection, workspaceId, attendeeId));
  }

  /** Waits for the commands that are under way. Commands that have not begun are refused. */
  async close(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([this.#services.pins.close(), ...this.#underWay]);
    this.#chat?.close();
    await this.#commits.close((this.#services.config.settings.shutdown_seconds * 1000) / 4);
  }

  /**
   * @param event as it was sent: an attacker sends events without a name, or with a number for one
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
      // A flood gets no flood of sentences; an ack is always called.
      const isFlood = refusal.refused === 'RATE_LIMITED' && !ack && !connection.mayAlert(this.#services.now());
      if (isFlood) this.#count(name, refusal);
      else this.#refuse(reply, name, refusal);
    } catch (error) {
      this.#refuse(reply, name, this.#failure(error, name));
    }
    return false;
  }

  /** Checks rate, size, name and form, then queues the command behind the earlier ones of its connection. */
  #accept(connection: Connection, name: string, payloads: unknown[], reply: Reply): Refusal | null {
    const missing = connection.rate.take(this.#services.now());
    if (missing > 0) return refuseBy('commands_per_second', 'RATE_LIMITED', { retryAfter: Math.ceil(missing / 1000) });
    if (payloads[0] === OVERSIZED) return refuseBy('max_payload_bytes', 'TOO_LARGE');
    if (!isCommand(this.#table, name)) return refuse('UNKNOWN_COMMAND');
    if (payloads.length !== 1) {
      return refuse('INVALID_PAYLOAD', { field: 'payload' }, 'A command takes one payload, and an ack if you like.');
    }
    const parsed = this.#table[name].input.safeParse(payloads[0]);
    if (!parsed.success) return whatIsWrong(parsed.error);
    this.#enqueue(connection, name, parsed.data, reply);
    return null;
  }

  #enqueue(connection: Connection, name: CommandName, input: unknown, reply: Reply): void {
    const { measurements } = this.#services;
    const since = performance.now();
    const task = connection.queue.run(async () => {
      try {
        const refusal = await this.#begin(connection, name, input, reply);
        if (refusal) this.#refuse(reply, name, refusal);
        else measurements.commands.add(name, 'OK');
      } catch (error) {
        this.#refuse(reply, name, this.#failure(error, name));
      }
      measurements.commandSeconds.add((performance.now() - since) / 1000);
    });
    this.#follow(task);
  }

  #follow(task: Promise<void>): void {
    this.#underWay.add(task);
    task.finally(() => this.#underWay.delete(task));
  }

  async #begin(connection: Connection, name: CommandName, input: unknown, reply: Reply): Promise<Refusal | null> {
    if (name !== 're-attend') return this.#beginNow(connection, name, input, reply);
    return this.#returns.inTurn(reply.isAck, () => this.#beginNow(connection, name, input, reply));
  }

  /** Begins a command whose turn has come: it is refused where the server stops meanwhile. */
  async #beginNow(connection: Connection, name: CommandName, input: unknown, reply: Reply): Promise<Refusal | null> {
    if (this.#isStopping) return refuse('BUSY_TRY_AGAIN', {}, 'The server is stopping. Try again in a moment.');
    if (!isRelay(name)) {
      await this.#services.cluster.renewLapsed();
      return this.#carryOut(connection, name, input as CommandInput<typeof name>, reply);
    }
    const refusal = await this.#relays.relay(connection, name, input as CommandInput<typeof name>);
    if (refusal) return refusal;
    this.#services.measurements.relays.add('ordinary', name);
    reply.give(this.#table[name], {});
    return null;
  }

  /** Authenticates, lets the handler do its slow work, and commits its plan. @returns the refusal, or null */
  async #carryOut<Name extends Exclude<CommandName, RelayName>>(
    connection: Connection,
    name: Name,
    input: CommandInput<Name>,
    reply: Reply,
  ): Promise<Refusal | null> {
    const { access } = this.#table[name];
    if (access === 'user' && connection.user === null) return refuse('NOT_SIGNED_IN');
    const hasSeat = access !== 'anyone' && access !== 'user';
    const sender = hasSeat ? authenticate(connection, input as Proof, this.#services) : null;
    if (sender && isRefusal(sender)) return sender;
    const handler: Handler<Name> = handlers[name];
    const context = this.#context(connection, sender) as Parameters<Handler<Name>>[0];
    const outcome: Outcome<Name> = await handler(context, input);
    if (isRefusal(outcome)) return outcome;
    if (!('workspace' in outcome)) {
      try {
        reply.give(this.#table[name], outcome.output);
      } finally {
        outcome.afterReply?.();
      }
      return null;
    }
    const { socket } = connection;
    // A connection that is gone takes no seat. Its last commands, such as `leave`, still count.
    const person = 'waits' in outcome ? outcome.waits : undefined;
    if ((outcome.seats ?? person) !== undefined && !socket.connected) return null;
    const attendee = outcome.seats ?? person ?? sender?.attendee;
    const onStored = (workspace: Workspace) => {
      reply.give(this.#table[name], outcome.output(workspace));
      reply.iceServers(outcome.iceServers);
      this.#services.log.info({ workspace: outcome.workspace, attendee, rev: workspace.rev }, name);
    };
    if ('creates' in outcome) {
      const as = { socket, attendee: outcome.seats, access };
      const refusal = await this.#commits.create(outcome.creates(this.#services.now()), { as, reply: onStored });
      // Where another node has just created the same one, the handler finds it now.
      const exists = refusal !== null && (await this.#services.store.get(outcome.workspace)) !== null;
      return exists ? this.#carryOut(connection, name, input, reply) : refusal;
    }
    const { decide, durability = 'required', isRecorded } = outcome;
    if (isRecorded) return this.#recorded(outcome, onStored);
    const change = { decide, durability, reply: onStored };
    if (person !== undefined)
      return this.#commits.change<Refusal>(outcome.workspace, { ...change, as: null, waits: { socket, person } });
    const as = attendee === undefined ? null : { socket, attendee, access };
    return this.#commits.change<Refusal>(outcome.workspace, { ...change, as });
  }

  /** Carries out a change without a seat whose answer waits for the records. */
  async #recorded<Name extends CommandName>(
    { workspace, decide, durability = 'required' }: Plan<Name>,
    onStored: (workspace: Workspace) => void,
  ): Promise<Refusal | null> {
    let stored: Workspace | null = null;
    const reply = (latest: Workspace) => {
      stored = latest;
    };
    const refusal = await this.#commits.change<Refusal>(workspace, { as: null, decide, durability, reply });
    if (refusal) return refusal;
    await this.#commits.recorded();
    if (stored) onStored(stored);
    return null;
  }

  #context(connection: Connection, sender: Claims | null): Context & { sender: Claims | null } {
    const services = this.#services;
    return {
      services,
      sender,
      connection,
      address: connection.address,
      user: connection.user,
      userConnections: this.#userConnections,
      commits: this.#commits,
      delivery: this.#delivery,
      via: { connection: this.#locations.nameOf(connection.socket), legacy: connection.legacy },
      holds: (workspaceId, attendeeId) => connection.socket.rooms.has(seatRoom(workspaceId, attendeeId)),
      claims: (token) => connection.claims(token, services.tokens, services.now()),
      enter: (claims) => this.#enter(connection, claims),
      chat: this.#chat,
      leaveWaitingRooms: () => this.#leaveWaitingRooms(connection),
    };
  }

  /** Gives the connection the seat that a token proves, unless the connection holds it already. */
  async #enter({ socket }: Connection, { workspace, attendee }: Claims): Promise<SeatRefusal | null> {
    if (socket.rooms.has(seatRoom(workspace, attendee))) return null;
    const as = { socket, attendee, access: 'seat' } as const;
    const refusal = await this.#commits.change<never>(workspace, { as, decide: unchanged, durability: 'best-effort' });
    // The access of a seat asks for nothing else.
    return refusal as SeatRefusal | null;
  }

  async #leaveWaitingRooms({ socket }: Connection): Promise<Refusal<'BUSY_TRY_AGAIN'> | null> {
    for (const { workspace, person } of placesOf(socket)) {
      const refusal = await this.#commits.change<never>(workspace, {
        as: null,
        durability: 'required',
        decide: (current, now) => giveUp(current, person, this.#locations.nameOf(socket), now),
      });
      if (refusal?.refused === 'BUSY_TRY_AGAIN') return { ...refusal, refused: 'BUSY_TRY_AGAIN' };
      socket.leave(placeRoom(workspace, person));
    }
    return null;
  }

  #refuse(reply: Reply, command: string, refusal: Refusal): void {
    this.#services.log.debug({ command: forLog(command), code: refusal.refused }, 'refused');
    this.#count(command, refusal);
    reply.refuse(refusal);
  }

  #count(command: string, { refused, limit }: Refusal): void {
    const { measurements } = this.#services;
    measurements.commands.add(isCommand(this.#table, command) ? command : 'other', refused);
    if (limit) measurements.refused.add(limit);
  }

  #failure(error: unknown, command: string): Refusal {
    const level = error instanceof StoreAway ? 'debug' : 'error';
    this.#services.log[level]({ err: error, command: forLog(command) }, 'command failed');
    if (!(error instanceof StoreError)) return refuse('INTERNAL');
    return refuse('BUSY_TRY_AGAIN', {}, 'The server cannot save that right now. Try again in a moment.');
  }
}

/** A name that is safe to log: clients choose it, and a terminal acts on characters that it cannot print. */
function forLog(command: string): string {
  return command.slice(0, 32).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}

function isCommand(table: object, name: string): name is CommandName {
  return Object.hasOwn(table, name);
}

function isRelay(name: CommandName): name is RelayName {
  return Object.hasOwn(relays, name);
}
