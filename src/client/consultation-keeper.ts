import type { CommandPayload, ConsultationRecord } from '../protocol/types.ts';
import type { ClientStore } from './client-store.ts';
import { CommandError } from './errors.ts';
import type { InviteKeeper } from './invite-keeper.ts';
import type { SeatKeeper } from './seat-keeper.ts';
import type { Signaling } from './signaling.ts';

/** What a provider says of a consultation that is to be opened. */
export type ConsultationInput = Omit<CommandPayload<'open-consultation'>, 'session' | 'nonce'>;

/** The consultations of the user, as far as this client has read them. */
export class ConsultationKeeper {
  readonly #store: ClientStore;
  readonly #signaling: Signaling;
  readonly #seats: SeatKeeper;
  readonly #invites: InviteKeeper;
  /** Whether those that are open are about to be read: several invites may come at once. */
  #isDue = false;

  constructor(store: ClientStore, signaling: Signaling, seats: SeatKeeper, invites: InviteKeeper) {
    this.#store = store;
    this.#signaling = signaling;
    this.#seats = seats;
    this.#invites = invites;
    store.on('invited', ({ invite }) => {
      if (invite.consultation !== null) void this.#readOpen();
    });
    signaling.on('consultation-closed', ({ consultation }) => {
      this.#keep([consultation]);
      store.report({ type: 'consultation-closed', consultation });
    });
  }

  async open(input: ConsultationInput): Promise<ConsultationRecord> {
    await this.#seats.leaveFor(null);
    await this.#seats.connected();
    const payload = { ...input, session: this.#seats.session };
    const { consultation } = await this.#signaling.ask('open-consultation', payload, (answer) => {
      this.#keep([answer.consultation]);
      this.#seats.enter(answer, input.admission);
    });
    // It may be open already, with others in it.
    await this.#seats.comeBack();
    return consultation;
  }

  /** Takes the seat of the user in an open consultation: the owner's place, or the one of an invited client. */
  async join(id: string): Promise<void> {
    const { user, invites } = this.#store.state.value;
    const invite = invites.find(({ consultation }) => consultation === id);
    if (invite) return this.#invites.accept(invite);
    const { externalId, provider, workspace, status } = await this.find({ id });
    if (provider.id === user?.id && workspace !== null && status === 'open') {
      if (await this.#seats.enterOwned(workspace)) return;
      if (externalId !== null) return void (await this.open({ externalId, clients: [] }));
    }
    throw new CommandError('NO_WAY_IN');
  }

  async close(id: string): Promise<ConsultationRecord> {
    const { consultation } = await this.#signaling.ask('close-consultation', { consultation: { id } });
    this.#keep([consultation]);
    return consultation;
  }

  async list(query: CommandPayload<'consultations'>) {
    const { consultations, more } = await this.#signaling.ask('consultations', query);
    // One that was closed while this client was away is among the open ones no more.
    if (query.status === 'open' && query.before === undefined && !more) this.#forgetOpen();
    this.#keep(consultations);
    return { consultations, more };
  }

  async find(query: { id: string } | { externalId: string }): Promise<ConsultationRecord> {
    const payload = 'id' in query ? { consultation: { id: query.id } } : query;
    const { consultation } = await this.#signaling.ask('consultation', payload);
    this.#keep([consultation]);
    return consultation;
  }

  async #readOpen(): Promise<void> {
    if (this.#isDue) return;
    this.#isDue = true;
    await Promise.resolve();
    this.#isDue = false;
    // The invite is there all the same, and the next sign-in reads them again.
    await this.list({ status: 'open' }).catch(() => {});
  }

  #forgetOpen(): void {
    const consultations = this.#store.state.value.consultations.filter(({ status }) => status === 'closed');
    this.#store.patch({ consultations });
  }

  #keep(fresh: readonly ConsultationRecord[]): void {
    const ids = new Set(fresh.map(({ id }) => id));
    const others = this.#store.state.value.consultations.filter(({ id }) => !ids.has(id));
    const consultations = [...fresh, ...others].sort((one, other) => other.openedAt - one.openedAt);
    this.#store.patch({ consultations });
  }
}
