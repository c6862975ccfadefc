import { newSecret } from '../../src/server/webhooks/signature.ts';
import { type UserClaims, userToken, withUsers } from '../protocol/users.ts';
import { type Message, startReceiver, verified } from '../support/receiver.ts';

/** The system of a clinic: it signs its users in, and hears by webhooks what happens. */
export interface ClinicHost {
  /** What the environment of the server holds, so that it believes this host and tells it everything. */
  readonly env: Record<string, string>;
  /** The address of the page for one of its users. @param path of a screen of the page */
  linkFor(server: string, user: string, claims?: UserClaims, path?: string): string;
  /** The events that came, in their order. @throws where a signature is wrong */
  events(): Message[];
  /** Resolves as soon as an event of that type has come. */
  hears(type: string): Promise<void>;
}

export async function startClinicHost(): Promise<ClinicHost> {
  const secret = newSecret();
  const receiver = await startReceiver();
  const events = () => receiver.received.map((each) => verified(each, secret));
  return {
    env: { ...withUsers, WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: secret },
    linkFor: (server, user, claims = {}, path = '') => `${server}/${path}#user-token=${userToken(user, claims)}`,
    events,
    hears: (type) => receiver.until(() => events().some((event) => event.type === type)),
  };
}
