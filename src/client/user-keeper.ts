import type { ClientStore } from './client-store.ts';
import { CommandError, isTemporary, pauseAfter } from './errors.ts';
import { isProviderToken } from './invitation.ts';
import type { InviteKeeper } from './invite-keeper.ts';
import type { RecentCalls } from './recent-calls.ts';
import type { SeatKeeper } from './seat-keeper.ts';
import type { Signaling } from './signaling.ts';
import type { UserStorage } from './user-storage.ts';

/** What shows who a user is: a token of the host system, a function that fetches a fresh one, or a name of an open directory. */
export type UserCredentials = { userToken: string | (() => string | Promise<string>) } | { name: string };

/** Signs the user in, and again on every further connection before it takes its seats there. */
export class UserKeeper {
  readonly #store: ClientStore;
  readonly #signaling: Signaling;
  readonly #seats: SeatKeeper;
  readonly #invites: InviteKeeper;
  readonly #recent: RecentCalls;
  readonly #storage: UserStorage;
  #credentials: UserCredentials | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    store: ClientStore,
    signaling: Signaling,
    seats: SeatKeeper,
    invites: InviteKeeper,
    recent: RecentCalls,
    storage: UserStorage,
  ) {
    this.#store = store;
    this.#signaling = signaling;
    this.#seats = seats;
    this.#invites = invites;
    this.#recent = recent;
    this.#storage = storage;
    seats.signInAgain = () => this.#again();
  }

  async signIn(credentials: UserCredentials): Promise<void> {
    await this.#seats.connected();
    await this.#present(credentials);
    clearTimeout(this.#timer);
    this.#credentials = credentials;
    this.#storage.name = 'name' in credentials ? credentials.name : null;
  }

  /** Signs in with the name that this page had before a reload. Without a connection, the next one does it. */
  async restore(): Promise<void> {
    const { name } = this.#storage;
    if (name === null || this.#credentials) return;
    this.#credentials = { name };
    if (this.#signaling.connected) await this.#again();
  }

  async signOut(): Promise<void> {
    if (this.#store.state.value.user && this.#signaling.connected) await this.#signaling.ask('sign-out', {});
    this.#forget();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** @returns null where nobody has signed in */
  #again(): Promise<void> | null {
    clearTimeout(this.#timer);
    const credentials = this.#credentials;
    return credentials && this.#presentAgain(credentials);
  }

  async #presentAgain(credentials: UserCredentials): Promise<void> {
    try {
      await this.#present(credentials);
    } catch (error) {
      if (this.#credentials !== credentials) return;
      // The function of a host may fail as the network does.
      if (isTemporary(error) || !(error instanceof CommandError)) {
        this.#timer = setTimeout(() => void this.#again(), pauseAfter(error));
        return;
      }
      this.#forget();
      this.#store.report({ type: 'signed-out', error });
    }
  }

  async #present(credentials: UserCredentials): Promise<void> {
    const payload = await this.#payload(credentials);
    const opensConsultations = 'name' in payload || isProviderToken(payload.userToken);
    await this.#signaling.ask('sign-in', payload, (answer) => {
      const { user, registration, expiresAt, workspace, serverNow } = answer;
      this.#store.clock.hear(serverNow);
      if ('name' in credentials && registration !== undefined) this.#storage.remember(credentials.name, registration);
      this.#store.patch({ user: { ...user, expiresAt, opensConsultations, ...(workspace ? { workspace } : {}) } });
      this.#recent.open(user.id);
      this.#invites.adopt(answer);
    });
  }

  async #payload(credentials: UserCredentials) {
    if ('name' in credentials) {
      const registration = this.#storage.registrationOf(credentials.name);
      return { name: credentials.name, ...(registration === undefined ? {} : { registration }) };
    }
    const { userToken } = credentials;
    return { userToken: typeof userToken === 'string' ? userToken : await userToken() };
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#credentials = null;
    this.#storage.name = null;
    this.#store.patch({ user: null, consultations: [] });
    this.#recent.forget();
    this.#invites.forget();
  }
}
