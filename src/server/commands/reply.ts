import { isRefusal, type Refusal, toWire } from '../../protocol/errors.ts';
import type { CommandName, Commands, IceServerRecord, WaitingPlace } from '../../protocol/types.ts';
import type { Connection } from '../transport/connection.ts';

export type Ack = (reply: object) => void;

/**
 * The one reply to a command: through its ack, or, without an ack, as the notice that the protocol's table names. Every
 * reply goes through the schema of the command, which drops every member that it does not know.
 */
export class Reply {
  readonly #connection: Connection;
  readonly #ack: Ack | null;

  constructor(connection: Connection, ack: Ack | null) {
    this.#connection = connection;
    this.#ack = ack;
  }

  /** Whether it is an ack, which can carry the details of an error. */
  get isAck(): boolean {
    return this.#ack !== null;
  }

  give(command: Commands[CommandName], output: unknown): void {
    if (!this.#ack && command.answer === null) return;
    const { otherwise } = command;
    if (otherwise && isPlace(output)) {
      this.#place(otherwise.parse(output));
      return;
    }
    const reply = command.output.parse(output);
    if (this.#ack) this.#ack({ ok: true, ...reply });
    else if (command.answer === 'iceservers') this.#notice('iceservers', 'iceServers' in reply ? reply.iceServers : []);
    else if (command.answer) this.#notice(command.answer, reply);
  }

  /** The answer to somebody who has to wait. */
  #place(reply: { waiting: WaitingPlace }): void {
    if (this.#ack) this.#ack({ ok: true, ...reply });
    else this.#notice('waiting', reply.waiting);
  }

  refuse(refusal: Refusal): void {
    const error = toWire(refusal);
    if (this.#ack) this.#ack({ ok: false, error });
    else if (error.code === 'FULL') this.#notice('full', {});
    else if (error.code === 'WORKSPACE_GONE') this.#notice('destroyed', {});
    else this.#notice('alert', error.message);
  }

  /** Sends ICE servers right after the answer, or an alert where the provider has none. */
  iceServers(servers: IceServerRecord[] | Refusal | undefined): void {
    if (servers === undefined) return;
    if (isRefusal(servers)) this.#notice('alert', toWire(servers).message);
    else this.#notice('iceservers', servers);
  }

  #notice(name: string, payload: unknown): void {
    this.#connection.socket.emit(name, payload);
  }
}

/** Whether a reply is a place in the waiting room, and no seat. The owner's seat comes with a list of the same name. */
function isPlace(output: unknown): boolean {
  return typeof output === 'object' && output !== null && 'waiting' in output && !('accessToken' in output);
}
