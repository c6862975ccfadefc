import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

declare global {
  /** The connections of the page that nobody closed yet. */
  var openConnections: Set<RTCPeerConnection>;
  /** The kinds of devices that the page asked for, a text for each request: 'audio', 'video', 'audio video', 'screen'. */
  var askedFor: string[];
  /** The tracks that the page got from its devices. */
  var deviceTracks: MediaStreamTrack[];
  /** Whether another program uses the camera. */
  var isCameraBusy: boolean;
  /** The frames that pictures had shown when the test looked at them, by name. */
  var framesBefore: Record<string, { now: number; frames: number }[]>;
}

export interface VisitorOptions {
  /** Opens a light camera and microphone (see `lightMedia`). */
  isLight?: boolean;
  /** Refuses camera and microphone. */
  refusesDevices?: boolean;
  /** Has a camera that another program uses, until `freeCamera`. */
  hasBusyCamera?: boolean;
  /** Blocks site data, and with it everything that browsers refuse together with it or without sound. */
  blocksSiteData?: boolean;
  /** Has a clock that is wrong by this many ms; `setClock` sets it. */
  clockAheadMs?: number;
  /** The language of the browser, a tag of BCP 47; `en-US` where it is left out. */
  locale?: string;
  /** Opens frames on purpose that the browser refuses, and complains about. */
  seesFramesRefused?: boolean;
  /** Loses the network on purpose, so that the browser may complain about it. */
  losesNetwork?: boolean;
}

/** The messages of a browser about a frame that it refuses, and about what somebody says to such a frame. */
const REFUSED = /frame-ancestors|Failed to execute 'postMessage'|X-Frame-Options/;

/** The time between two looks at a page, in ms. */
const ASK_EVERY = 250;

/** The messages of a browser in its console when it cannot reach a server. */
const NETWORK = /WebSocket connection|net::ERR_|Failed to load resource/;

/** A person in front of the page, who knows it by sight and sound alone. */
export class Visitor {
  readonly name: string;
  readonly page: Page;
  /** The errors of the page that the browser reports, and everything that the content security policy stopped. */
  readonly complaints: string[] = [];

  private constructor(name: string, page: Page, { losesNetwork = false, seesFramesRefused = false }: VisitorOptions) {
    this.name = name;
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() !== 'error' || (losesNetwork && NETWORK.test(message.text()))) return;
      if (seesFramesRefused && REFUSED.test(message.text())) return;
      this.complaints.push(message.text());
    });
    onTestFinished(() => expect(this.complaints, `what ${name}'s browser complained of`).toEqual([]));
  }

  /** Opens the page in a profile of its own. */
  static async arrive(browser: Browser, url: string, name: string, options: VisitorOptions = {}): Promise<Visitor> {
    const context = await browser.newContext({
      ...(options.locale === undefined ? {} : { locale: options.locale }),
      permissions: ['camera', 'microphone', 'clipboard-read', 'clipboard-write'],
      reducedMotion: options.isLight ? 'reduce' : 'no-preference',
      viewport: options.isLight ? { width: 1000, height: 640 } : { width: 1280, height: 720 },
    });
    context.setDefaultTimeout(15_000);
    onTestFinished(() => context.close());
    await prepare(context, options);
    const page = await context.newPage();
    const visitor = new Visitor(name, page, options);
    await page.goto(url);
    return visitor;
  }

  /** Opens another tab of the same browser as "Duplicate tab" does: with a copy of its sessionStorage. */
  async duplicateTab(): Promise<Visitor> {
    const stored = await this.page.evaluate(() => ({ ...sessionStorage }) as Record<string, string>);
    const page = await this.page.context().newPage();
    await page.addInitScript((entries) => {
      if (sessionStorage.length > 0) return;
      for (const [key, value] of Object.entries(entries)) sessionStorage.setItem(key, value);
    }, stored);
    const visitor = new Visitor(this.name, page, {});
    await page.goto(this.page.url());
    return visitor;
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  field(name: string): Locator {
    return this.page.getByRole('textbox', { name, exact: true });
  }

  heading(name: string): Locator {
    return this.page.getByRole('heading', { name, exact: true });
  }

  tile(name: string): Locator {
    return this.page.getByRole('figure', { name, exact: true });
  }

  async press(button: string): Promise<void> {
    await this.button(button).click();
  }

  /** @returns the link */
  async createWorkspace({ pin, workspace }: { pin?: string; workspace?: string } = {}): Promise<string> {
    await this.field('Your name').fill(this.name);
    if (workspace !== undefined) await this.field('Workspace name').fill(workspace);
    if (pin !== undefined) await this.field('PIN').fill(pin);
    await this.press('Create workspace');
    return this.field('Link').inputValue();
  }

  /** Fills in the form of the link that was opened, and sends it. */
  async askToJoin(pin = ''): Promise<void> {
    await this.field('Your name').fill(this.name);
    await this.field('PIN').fill(pin);
    await this.press('Join');
  }

  async join(pin?: string): Promise<void> {
    await this.askToJoin(pin);
    await this.tile(this.name).waitFor();
  }

  /** Starts the call once all of these have a tile. */
  async startCall(others: readonly Visitor[]): Promise<void> {
    for (const { name } of others) await this.tile(name).waitFor();
    await this.press('Start call');
  }

  /** Waits until the page shows a text that screen readers speak. @param patience ms; as for everything else, if it is not given */
  async hears(text: string | RegExp, patience: { timeout?: number } = {}): Promise<void> {
    const spoken = this.page.getByRole('status').or(this.page.getByRole('alert')).filter({ hasText: text });
    await spoken.first().waitFor(patience);
  }

  /** Waits until the tile of a person shows a note. */
  async reads(name: string, note: string): Promise<void> {
    await this.tile(name).getByText(note, { exact: true }).waitFor();
  }

  /** The state of the connection by the name on the tile; null if none is expected. */
  tiles(): Promise<Record<string, string | null>> {
    return this.page
      .getByRole('figure')
      .evaluateAll((figures) =>
        Object.fromEntries(
          figures.map((figure) => [figure.getAttribute('aria-label') ?? '', figure.getAttribute('data-connection')]),
        ),
      );
  }

  /** Waits until exactly these people have tiles. */
  async seesOnly(people: readonly Visitor[]): Promise<void> {
    const names = people.map(({ name }) => name).sort();
    await expect.poll(async () => Object.keys(await this.tiles()).sort(), { timeout: 15_000 }).toEqual(names);
  }

  /** Waits until this page is connected with all of these, and with nobody else. */
  async isConnectedWith(people: readonly Visitor[], timeout = 20_000): Promise<void> {
    const names = [this, ...people].map(({ name }) => name).sort();
    await this.#until(
      (expected) => {
        const figures = [...document.querySelectorAll<HTMLElement>('figure[data-connection]')];
        const isConnected = figures.every(({ dataset }) => dataset.connection === 'connected');
        return isConnected && String(figures.map((figure) => figure.ariaLabel).sort()) === expected;
      },
      String(names),
      timeout,
      `${this.name} is not connected with ${names}`,
    );
  }

  /** Waits until the pictures of people have moved on, by two frames a second at least. */
  async seesMoving(names: readonly string[], timeout = 20_000): Promise<void> {
    await this.page.evaluate(() => {
      globalThis.framesBefore = {};
    });
    await this.#until(
      (expected) => {
        const now = performance.now();
        const movedOn = expected.filter((name) => {
          const video = document.querySelector<HTMLVideoElement>(`figure[aria-label="${name}"] video`);
          const frames = video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
          const former = framesBefore[name] ?? [];
          // The frames two seconds ago are compared with those of now.
          framesBefore[name] = [...former, { now, frames }].filter((each) => now - each.now <= 2_000);
          const [oldest] = framesBefore[name] ?? [];
          return oldest !== undefined && frames >= oldest.frames + 4;
        });
        return movedOn.length === expected.length;
      },
      names,
      timeout,
      `${this.name} does not see ${names} move`,
    );
  }

  /** Waits for something in the page, which looks for it by itself, so that the waiting costs little. */
  async #until<Argument>(
    condition: (argument: Argument) => boolean,
    argument: Argument,
    timeout: number,
    message: string,
  ): Promise<void> {
    const options = { timeout, polling: ASK_EVERY };
    await this.page
      .waitForFunction(condition as (argument: unknown) => boolean, argument, options)
      .catch(async (error) => {
        throw new Error(`${message}: ${error}\n${JSON.stringify(await this.tiles())}`);
      });
  }

  /** Whether the sound of a person arrives and plays. */
  playsSoundOf(name: string): Promise<boolean> {
    return this.#video(name).evaluate((video: HTMLVideoElement) => {
      const stream = video.srcObject as MediaStream | null;
      const isComing = stream?.getAudioTracks().some(({ muted, readyState }) => !muted && readyState === 'live');
      return isComing === true && !video.muted && !video.paused;
    });
  }

  /** Whether the page shows the picture of a person, rather than the initials. */
  showsPictureOf(name: string): Promise<boolean> {
    return this.#video(name).evaluate((video) => getComputedStyle(video).opacity === '1');
  }

  /** The height of the picture of a person that comes in, in pixels. */
  pictureHeight(name: string): Promise<number> {
    return this.#video(name).evaluate((video: HTMLVideoElement) => video.videoHeight);
  }

  /** Whether pictures go out to anybody. */
  sendsPictures(): Promise<boolean> {
    return this.page.evaluate(() => {
      const senders = [...openConnections].flatMap((connection) => connection.getSenders());
      const pictures = senders.filter(({ track }) => track?.kind === 'video');
      return pictures.some((sender) => sender.getParameters().encodings.some(({ active }) => active));
    });
  }

  /** Tells the page that its tab is hidden, or shown again. */
  hideTab(isHidden: boolean): Promise<void> {
    return this.page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, isHidden);
  }

  /** Gives the page so much to do that it is late for everything. @returns a function that ends this */
  async keepBusy(): Promise<() => Promise<void>> {
    const timer = await this.page.evaluate(() =>
      Number(
        setInterval(() => {
          const end = performance.now() + 700;
          while (performance.now() < end);
        }, 800),
      ),
    );
    return () => this.page.evaluate((id) => clearInterval(id), timer);
  }

  tileBoxes(): Promise<string[]> {
    return this.page
      .getByRole('figure')
      .evaluateAll((figures) => figures.map((figure) => JSON.stringify(figure.getBoundingClientRect())));
  }

  isShownMuted(name: string): Promise<boolean> {
    return this.tile(name).getByRole('img', { name: 'Muted', exact: true }).isVisible();
  }

  openConnections(): Promise<number> {
    return this.page.evaluate(() => openConnections.size);
  }

  /** The kinds of devices that the page asked for since it was loaded, in their order. */
  askedFor(): Promise<string[]> {
    return this.page.evaluate(() => askedFor);
  }

  /** The captures of this moment: 'audio', 'audio muted', 'video' or 'screen' for each live track. */
  captures(): Promise<string[]> {
    return this.page.evaluate(() =>
      deviceTracks
        .filter(({ readyState }) => readyState === 'live')
        .map((track) => {
          if (track instanceof CanvasCaptureMediaStreamTrack) return 'screen';
          return track.enabled ? track.kind : `${track.kind} muted`;
        })
        .sort(),
    );
  }

  /** The other program lets go of the camera. */
  async freeCamera(): Promise<void> {
    await this.page.evaluate(() => {
      isCameraBusy = false;
    });
  }

  isFocused(element: Locator): Promise<boolean> {
    return element.evaluate((candidate) => candidate === document.activeElement);
  }

  /** Whether an element has the focus. */
  hasFocus(): Promise<boolean> {
    return this.page.evaluate(() => document.activeElement !== document.body);
  }

  /** Moves the focus with the keyboard, until it is there. */
  async tabTo(element: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    await element.waitFor();
    for (let presses = 0; presses < 30; presses += 1) {
      if (await this.isFocused(element)) return;
      await this.page.keyboard.press(key);
    }
    throw new Error(`${key} does not lead to ${element}`);
  }

  #video(name: string): Locator {
    return this.tile(name).locator('video');
  }
}

async function prepare(context: BrowserContext, options: VisitorOptions) {
  const { isLight = false, refusesDevices = false, hasBusyCamera = false, blocksSiteData = false } = options;
  await context.addInitScript(setClock, options.clockAheadMs ?? 0);
  await context.addInitScript(watchDevices, hasBusyCamera);
  if (blocksSiteData) await context.addInitScript(blockSiteData);
  await context.addInitScript(() => {
    globalThis.openConnections = new Set();
    globalThis.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        openConnections.add(this);
      }
      override close(): void {
        super.close();
        openConnections.delete(this);
      }
    };
  });
  if (refusesDevices) {
    await context.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
    });
  }
  if (isLight) await context.addInitScript(lightMedia);
}

/** Sets the clock of a page to another time; measurements with performance.now() go on. */
export function setClock(aheadMs: number): void {
  Date.now = () => Math.round(performance.timeOrigin + performance.now() + aheadMs);
}

/** Records a page's requests for devices, and their tracks. The screen is a canvas, because Chromium without a head has none. */
function watchDevices(hasBusyCamera: boolean): void {
  globalThis.askedFor = [];
  globalThis.deviceTracks = [];
  globalThis.isCameraBusy = hasBusyCamera;
  const { mediaDevices } = navigator;
  // about:blank has none.
  if (!mediaDevices) return;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints = {}) => {
    askedFor.push(['audio', 'video'].filter((kind) => constraints[kind as 'audio' | 'video']).join(' '));
    if (constraints.video && isCameraBusy) throw new DOMException('Could not start video source', 'NotReadableError');
    const stream = await open(constraints);
    deviceTracks.push(...stream.getTracks());
    return stream;
  };
  mediaDevices.getDisplayMedia = async () => {
    askedFor.push('screen');
    const canvas = document.createElement('canvas');
    canvas.getContext('2d');
    const stream = canvas.captureStream(5);
    deviceTracks.push(...stream.getTracks());
    return stream;
  };
}

/** Refuses a page all that Chromium refuses where site data is blocked; and Web Audio, as on a machine without sound. */
function blockSiteData(): void {
  const refuse = () => {
    throw new DOMException('Access is denied for this document.', 'SecurityError');
  };
  for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) {
    Object.defineProperty(globalThis, name, { get: refuse });
  }
  // about:blank has no locks.
  if (navigator.locks) Object.assign(navigator.locks, { request: async () => refuse(), query: async () => refuse() });
  globalThis.AudioContext = class extends AudioContext {
    constructor() {
      refuse();
      super();
    }
  };
}

/**
 * Makes a page open a camera of 160 x 90 pixels and 5 frames a second, and a microphone without processing, so that
 * tests which are not about pictures take less time.
 */
function lightMedia(): void {
  const { mediaDevices } = navigator;
  if (!mediaDevices) return;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  const picture = { width: { ideal: 160 }, height: { ideal: 90 }, frameRate: { max: 5 } };
  const sound = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const deviceOf = (constraints: boolean | MediaTrackConstraints) =>
    typeof constraints === 'object' && constraints.deviceId ? { deviceId: constraints.deviceId } : {};
  mediaDevices.getUserMedia = ({ audio = false, video = false } = {}) =>
    open({
      audio: audio && { ...sound, ...deviceOf(audio) },
      video: video && { ...picture, ...deviceOf(video) },
    });
}

/**
 * Waits until all of these are connected with each other, every picture moving, the own one too.
 * @param timeout until they are connected, in ms
 */
export async function fullMesh(people: readonly Visitor[], timeout?: number): Promise<void> {
  const names = people.map(({ name }) => name);
  const others = (one: Visitor) => people.filter((other) => other !== one);
  await Promise.all(people.map((each) => each.isConnectedWith(others(each), timeout)));
  await Promise.all(people.map((each) => each.seesMoving(names)));
}
