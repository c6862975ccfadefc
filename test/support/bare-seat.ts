import { openWebSocket, type Raw } from '../faults/raw-connections.ts';
import { type EngineVersion, frame } from '../faults/websocket.ts';
import type { Owner } from './fixtures.ts';

/** A seat on a connection of which each byte can be seen. */
export class BareSeat {
  readonly id: string;
  readonly #raw: Raw;
  readonly #owner: Owner;
  readonly #accessToken: string;
  #unread = '';

  private constructor(raw: Raw, owner: Owner, id: string, accessToken: string) {
    this.#raw = raw;
    this.#owner = owner;
    this.id = id;
    this.#accessToken = accessToken;
    raw.socket.setNoDelay();
    raw.socket.on('data', (bytes) => {
      this.#unread += bytes.toString('latin1');
    });
  }

  static async attend(server: { url: string }, owner: Owner, version: EngineVersion): Promise<BareSeat> {
    const raw = await openWebSocket(server.url, version);
    if (version === 4) raw.write(frame({ payload: '40' }));
    // With more than its digits: the headers of the handshake have random ones.
    await raw.has(version === 4 ? '40{"sid"' : '\x81\x0240');
    const payload = { workspace: { token: owner.token }, attendee: {} };
    raw.write(frame({ payload: `420${JSON.stringify(['attend', payload])}` }));
    await raw.has('42["iceservers"');
    const { id } = JSON.parse(/"attendee":(\{.*?\})/.exec(raw.received)?.[1] ?? '');
    const accessToken = /"accessToken":"(.*?)"/.exec(raw.received)?.[1] ?? '';
    return new BareSeat(raw, owner, id, accessToken);
  }

  /** The fields of a relay to another seat, without its body. */
  to({ id }: { id: string }) {
    const workspace = { id: this.#owner.workspaceId };
    return { workspace, attendee: { id }, broadcaster: { id: this.id }, accessToken: this.#accessToken };
  }

  send(packet: string): void {
    this.#raw.write(frame({ payload: `4${packet}` }));
  }

  /** Sends bytes of WebSocket as they are. */
  write(bytes: Buffer): void {
    this.#raw.write(bytes);
  }

  /** All that has come, with the heads of its frames, up to a text that has not come before. */
  async readUntil(end: string): Promise<string> {
    await this.#raw.has(end);
    const read = this.#unread.slice(0, this.#unread.indexOf(end));
    this.#unread = '';
    return read;
  }
}
