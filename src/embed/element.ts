import { MeshCallError } from './mesh-call-error.ts';
import { type Attributes, type Commands, type Events, type FromFrame, HANDSHAKE, type ToFrame } from './messages.ts';

declare global {
  interface HTMLElementTagNameMap {
    'mesh-call': MeshCall;
  }
  interface HTMLElementEventMap extends MeshCallEventMap {}
}

type MeshCallEventMap = { [Name in keyof Events]: CustomEvent<Events[Name]> };

/** What the frame may do. The browser asks the person as on any page. */
const ALLOWED = 'camera; microphone; display-capture; fullscreen; clipboard-write; autoplay';

/** The page in the frame listens before it is loaded, and answers at once. After this many ms it is not there. */
const PATIENCE = 10_000;

const NOT_HERE = { code: 'NOT_HERE', message: 'This <mesh-call> is not in the document, so it has no call.' };

/** Where there is no window, such as on a server that renders pages, the class is there and makes no element. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

const reflected = ['token', 'name', 'controls', 'server'] as const;

interface Asked {
  readonly command: keyof Commands;
  readonly resolve: (result: never) => void;
  readonly reject: (error: MeshCallError) => void;
}

/**
 * `<mesh-call>`: the page of a call in a frame of your own page. The server must name your origin in EMBED_ORIGINS.
 *
 * Attributes, which may change at any time: `token` (an invitation, an owner link, a user token of your system, or a whole
 * link), `name` (of a guest), `lang` (a tag of BCP 47; where the page does not have it, the language of the browser),
 * `controls` (`none` hides header and buttons of the page), `server` (the URL of the server; default: where the script came
 * from, and with a bundler the origin of the page).
 *
 * Events: see `MeshCallEvents`. Methods reject with a `MeshCallError`.
 *
 * Out of the document there is no frame, so camera and microphone are off. In the document again, the person comes back.
 *
 * @example
 * <script type="module" src="https://calls.example.com/embed.js"></script>
 * <mesh-call token="eyJ..." name="Ada"></mesh-call>
 */
export class MeshCall extends Base {
  static readonly observedAttributes = [...reflected, 'lang'];
  /** The URL of the server for elements without the attribute `server`. */
  static server = '/';

  #frame: HTMLIFrameElement | null = null;
  #port: MessagePort | null = null;
  #isReady = false;
  #isTelling = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastId = 0;
  readonly #asked = new Map<number, Asked>();

  /** The attribute; '' where it is not set. */
  declare token: string;
  /** The attribute; '' where it is not set. */
  declare name: string;
  /** The attribute; '' where it is not set. */
  declare controls: string;
  /** The attribute; '' where it is not set. */
  declare server: string;

  connectedCallback(): void {
    this.#open();
  }

  /** The element has moved in the document (`moveBefore`): the frame and the call stay. */
  connectedMoveCallback(): void {}

  disconnectedCallback(): void {
    this.#close();
  }

  attributeChangedCallback(name: string): void {
    if (!this.#frame) return;
    if (name === 'server') {
      this.#close();
      this.#open();
    } else this.#tell();
  }

  /** Goes on the call: accepts the one that rings, or else rings everybody in the workspace. */
  start(): Promise<void> {
    return this.#ask('start');
  }

  /** Ends the call, for everybody if the person is the owner; the seat stays. */
  hangup(): Promise<void> {
    return this.#ask('hangup');
  }

  /** Mutes or unmutes the microphone. @returns whether it is on now */
  toggleMic(): Promise<boolean> {
    return this.#ask('toggleMic');
  }

  /** Turns the camera off or on. @returns whether it is on now */
  toggleCam(): Promise<boolean> {
    return this.#ask('toggleCam');
  }

  /** Gives the seat, or the place in the waiting room, up. */
  leave(): Promise<void> {
    return this.#ask('leave');
  }

  #open(): void {
    const server = this.getAttribute('server') ?? MeshCall.server;
    if (!URL.canParse(server, document.baseURI)) {
      const message = `The attribute server must be the URL of the server. It is '${server}'.`;
      this.#report('mesh-error', { code: 'NO_SERVER', message });
      return;
    }
    const { href } = new URL(server, document.baseURI);
    const page = new URL('embed', href.endsWith('/') ? href : `${href}/`);
    const frame = document.createElement('iframe');
    frame.allow = ALLOWED;
    frame.referrerPolicy = 'no-referrer';
    frame.title = this.title || 'Call';
    frame.style.cssText = 'display: block; width: 100%; height: 100%; border: 0';
    frame.addEventListener('load', () => this.#meet(page));
    frame.src = page.href;
    this.#frame = frame;
    this.#shadow().replaceChildren(frame);
  }

  #shadow(): ShadowRoot {
    if (this.shadowRoot) return this.shadowRoot;
    const shadow = this.attachShadow({ mode: 'open' });
    const style = new CSSStyleSheet();
    // Rules of the page for mesh-call win over these. A <style> would need the consent of its content security policy.
    style.replaceSync(':host { display: block; height: 36rem } :host([hidden]) { display: none }');
    shadow.adoptedStyleSheets = [style];
    return shadow;
  }

  /** Hands a port over to the page in the frame, and to no page of another origin. */
  #meet({ origin }: URL): void {
    this.#part();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }: MessageEvent<FromFrame>) => this.#hear(data);
    this.#frame?.contentWindow?.postMessage(HANDSHAKE, origin, [port2]);
    this.#timer = setTimeout(() => {
      const message = `The page of ${origin} does not answer. Its EMBED_ORIGINS must hold ${location.origin}.`;
      this.#report('mesh-error', { code: 'NO_ANSWER', message });
    }, PATIENCE);
  }

  #hear(said: FromFrame): void {
    if ('event' in said) {
      if (said.event === 'mesh-ready') this.#begin();
      this.#report(said.event, said.detail);
      return;
    }
    const asked = this.#asked.get(said.id);
    this.#asked.delete(said.id);
    if (said.failure) asked?.reject(new MeshCallError(said.failure));
    else asked?.resolve(said.result as never);
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#isReady = true;
    this.#send({ attributes: this.#attributes() });
    for (const [id, { command }] of this.#asked) this.#send({ id, command });
  }

  /** Tells the frame of changed attributes, once for all that change together. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      if (this.#isReady) this.#send({ attributes: this.#attributes() });
    });
  }

  #attributes(): Attributes {
    const { token, name, lang, controls } = this;
    return { token, name, lang, controls };
  }

  #ask<Name extends keyof Commands>(command: Name): Promise<Commands[Name] extends boolean ? boolean : void> {
    return new Promise((resolve, reject) => {
      if (!this.#frame) return reject(new MeshCallError(NOT_HERE));
      this.#lastId += 1;
      this.#asked.set(this.#lastId, { command, resolve, reject });
      if (this.#isReady) this.#send({ id: this.#lastId, command });
    });
  }

  #send(message: ToFrame): void {
    this.#port?.postMessage(message);
  }

  #report<Name extends keyof Events>(name: Name, detail: Events[Name]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #part(): void {
    clearTimeout(this.#timer);
    this.#port?.close();
    this.#port = null;
    this.#isReady = false;
  }

  #close(): void {
    this.#part();
    this.#frame?.remove();
    this.#frame = null;
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { reject } of asked) reject(new MeshCallError(NOT_HERE));
  }
}

for (const name of reflected) {
  Object.defineProperty(MeshCall.prototype, name, {
    get(this: Element) {
      return this.getAttribute(name) ?? '';
    },
    set(this: Element, value: unknown) {
      // Frameworks take a value away by setting none.
      if (value === null || value === undefined) this.removeAttribute(name);
      else this.setAttribute(name, String(value));
    },
    enumerable: true,
    configurable: true,
  });
}

/** Makes the elements that are in the document, and those that come. Another copy of this module may have done so. */
export function defineMeshCall(): void {
  if (globalThis.customElements && !customElements.get('mesh-call')) customElements.define('mesh-call', MeshCall);
}
