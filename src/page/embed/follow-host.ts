import { isTemporary, pauseAfter } from '../../client/errors.ts';
import { purposeOf } from '../../client/invitation.ts';
import type { MeshClient } from '../../client/mesh-client.ts';
import { isSameWorkspace } from '../../client/seat-storage.ts';
import type { Attributes, FromFrame, ToFrame } from '../../embed/messages.ts';
import { holdInvitation, readLink } from '../invitation.ts';
import { languageFor, setLanguage } from '../language.ts';
import { signInProblem } from '../user/sign-in-problem.ts';
import type { Entrance } from '../user/use-entrance.ts';
import { commands } from './commands.ts';
import { hasPlace } from './join.ts';
import { joinProblem } from './join-problem.ts';
import { failureOf, reportTo } from './report.ts';

/** Follows the attributes and the methods of the `<mesh-call>` around this page. */
export class HostFollower {
  readonly #client: MeshClient;
  readonly #enter: (entrance: Entrance) => void;
  #attributes: Attributes | null = null;
  #userToken = '';
  /** Changes of attributes take effect in their order. */
  #done: Promise<void> = Promise.resolve();

  /** @param enter shows the page to the person who comes in */
  constructor(client: MeshClient, port: MessagePort, enter: (entrance: Entrance) => void) {
    this.#client = client;
    this.#enter = enter;
    const tell = (message: FromFrame) => port.postMessage(message);
    reportTo(tell, client);
    port.onmessage = ({ data }: MessageEvent<ToFrame>) => {
      if ('attributes' in data) {
        const fail = (error: unknown) => tell({ event: 'mesh-error', detail: failureOf(error) });
        this.#done = this.#done.then(() => this.#follow(data.attributes)).catch(fail);
      } else void this.#answer(data).then(tell);
    };
    tell({ event: 'mesh-ready', detail: null });
  }

  async #answer({ id, command }: Extract<ToFrame, { command: string }>): Promise<FromFrame> {
    try {
      return { id, result: await commands[command](this.#client), failure: null };
    } catch (error) {
      return { id, result: null, failure: failureOf(error) };
    }
  }

  async #follow(attributes: Attributes): Promise<void> {
    const former = this.#attributes;
    this.#attributes = attributes;
    const { token, name, lang, controls } = attributes;
    document.documentElement.dataset.controls = controls;
    // Without the words of that language, the page stays as it is.
    if (lang !== former?.lang) await setLanguage(languageFor(lang)).catch(() => {});
    if (token !== former?.token) await this.#followToken(attributes, former);
    else if (name !== former.name && name !== '') await this.#rename(name);
  }

  async #followToken({ token, name }: Attributes, former: Attributes | null): Promise<void> {
    const { invitation, userToken } = readLink(token);
    const formerLink = former && readLink(former.token);
    this.#userToken = userToken;
    // A fresh token of the same user for the same place is for the next connection.
    const isFresh =
      formerLink !== null &&
      purposeOf(userToken) === purposeOf(formerLink.userToken) &&
      isSameWorkspace(invitation, formerLink.invitation);
    if (isFresh && hasPlace(this.#client)) return;
    if (former) await this.#vacate();
    signInProblem.set(null);
    joinProblem.set(null);
    holdInvitation(invitation);
    this.#enter({ userToken: userToken === '' ? '' : () => this.#userToken, host: { name } });
  }

  /** Leaves what the person has here by the former token. */
  async #vacate(): Promise<void> {
    for (;;) {
      try {
        await commands.leave(this.#client);
        await this.#client.signOut();
        return;
      } catch (error) {
        // The seat may have ended at this moment.
        if (!isTemporary(error)) return;
        await new Promise((resolve) => setTimeout(resolve, pauseAfter(error)));
      }
    }
  }

  /** A user has the name that the user token says. */
  async #rename(name: string): Promise<void> {
    const { seat, user } = this.#client.state.value;
    if (seat && !user) await this.#client.rename(name).catch(() => {});
  }
}
