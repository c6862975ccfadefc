import type { Fetch } from '../../src/recorder/tus.ts';

/** What a request meets. `arrives`: how many bytes of the body the server gets before the connection ends. */
export type Fault =
  | { readonly status: number; readonly headers?: Record<string, string> }
  | { readonly arrives: number };

/** One upload by tus 1.0.0, in memory: what a server has to do, so that a test can say what goes wrong in between. */
export class TusModel {
  bytes = Buffer.alloc(0);
  length: number | null = null;
  endedAt: string | null = null;
  readonly requests: { readonly method: string; readonly size: number; readonly token: string | null }[] = [];
  /** The largest body that a proxy in between hands on. */
  proxyTakes = Number.POSITIVE_INFINITY;
  /** Says what the next request meets; null: the server. */
  fault: (method: string, size: number) => Fault | null = () => null;

  readonly fetch: Fetch = async (_url, { method = 'GET', headers, body }) => {
    const given = new Headers(headers);
    const sent = body instanceof Uint8Array ? body : new Uint8Array();
    this.requests.push({ method, size: sent.byteLength, token: given.get('Authorization') });
    const fault = sent.byteLength > this.proxyTakes ? { status: 413 } : this.fault(method, sent.byteLength);
    if (fault && 'status' in fault) return new Response(null, fault);
    const response = this.#answer(method, given, fault ? sent.subarray(0, fault.arrives) : sent, fault === null);
    if (fault) throw new TypeError('Failed to fetch');
    return response;
  };

  #answer(method: string, given: Headers, sent: Uint8Array, isWhole: boolean): Response {
    const headers = () => ({
      'Tus-Resumable': '1.0.0',
      'Upload-Offset': String(this.bytes.length),
      ...(this.length === null ? {} : { 'Upload-Length': String(this.length) }),
    });
    if (method === 'HEAD') return new Response(null, { status: 200, headers: headers() });
    const length = given.get('Upload-Length');
    if (Number(given.get('Upload-Offset')) !== this.bytes.length) return new Response('', { status: 409 });
    if (length !== null && this.length !== null) return new Response('', { status: 400 });
    if (length !== null) this.length = Number(length);
    this.endedAt = given.get('Part-Ended-At') ?? this.endedAt;
    this.bytes = Buffer.concat([this.bytes, sent]);
    return new Response(null, { status: isWhole ? 204 : 500, headers: headers() });
  }
}
