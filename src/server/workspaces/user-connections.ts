import type { Namespace, Server, Socket } from 'socket.io';
import type { Cluster } from '../cluster.ts';
import type { Connection } from '../transport/connection.ts';
import { userRoom } from '../transport/user-rooms.ts';
import type { SignedInUser } from '../users/user.ts';

/** Hears of the users of this node. */
interface Presence {
  /** A user has a connection at this node, and had none before. */
  onHere(user: string): void;
  /** The last connection that a user had at this node is gone. */
  onGone(user: string): void;
}

/** The connections of users: which of them are at this node, and whether there are any at others. */
export class UserConnections {
  readonly #namespace: Namespace;
  readonly #cluster: Cluster;
  readonly #presence: Presence | null;
  /** How many connections of this node each user has. */
  readonly #here = new Map<string, number>();

  constructor(io: Server, cluster: Cluster, presence: Presence | null) {
    this.#namespace = io.of('/');
    this.#cluster = cluster;
    this.#presence = presence;
  }

  /**
   * Makes a connection that of a user, in the place of another user. From now on it misses nothing that is sent to the user;
   * but messages of other nodes wait for the reply.
   * @returns a function that ends the wait
   * @throws StoreError where the nodes cannot promise that; then nothing has changed
   */
  async signIn(connection: Connection, user: SignedInUser): Promise<() => void> {
    const { socket } = connection;
    const room = userRoom(user.id);
    const endWait = await this.#cluster.expect(room);
    this.signOut(connection);
    // A connection that is gone would stay in the room for ever.
    if (socket.connected) {
      connection.user = user;
      connection.hasSignedIn = true;
      socket.join(room);
      const others = this.#here.get(user.id) ?? 0;
      this.#here.set(user.id, others + 1);
      if (others === 0) this.#presence?.onHere(user.id);
    }
    return endWait;
  }

  /** Ends the sign-in of a connection, if it has one: the client asked for it, or the connection is gone. */
  signOut(connection: Connection): void {
    const { user, socket } = connection;
    if (user === null) return;
    connection.user = null;
    socket.leave(userRoom(user.id));
    const left = (this.#here.get(user.id) ?? 0) - 1;
    if (left > 0) this.#here.set(user.id, left);
    else {
      this.#here.delete(user.id);
      this.#presence?.onGone(user.id);
    }
  }

  /** The users who have a connection at this node. */
  get users(): Iterable<string> {
    return this.#here.keys();
  }

  /** The connections of this node that signed in. */
  get sockets(): Socket[] {
    const { adapter, sockets } = this.#namespace;
    return [...this.#here.keys()].flatMap((user) =>
      [...(adapter.rooms.get(userRoom(user)) ?? [])].flatMap((id) => sockets.get(id) ?? []),
    );
  }

  /**
   * Whether a user has a connection, at whatever node.
   * @throws StoreError where the other nodes cannot be asked
   */
  async isConnected(user: string): Promise<boolean> {
    return this.#here.has(user) || this.#cluster.isHeard(userRoom(user));
  }
}
