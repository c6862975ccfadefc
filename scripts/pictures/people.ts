import type { Browser, BrowserContext, BrowserContextOptions, FrameLocator, Page } from 'playwright-core';
import { openDevices, type Portrait, sendWholePictures } from './portraits.ts';
import { stopClocks, wordsOf } from './stillness.ts';

/** How long to wait for something on a page, in ms. */
const PATIENCE = 60_000;

/** The screens on which people look at pages. */
export const screens = {
  desktop: { viewport: { width: 1280, height: 800 } },
  window: { viewport: { width: 1000, height: 680 } },
  tall: { viewport: { width: 1000, height: 780 } },
  low: { viewport: { width: 1000, height: 290 } },
  phone: { viewport: { width: 390, height: 760 }, isMobile: true, hasTouch: true },
} satisfies Record<string, BrowserContextOptions>;

/** Brings people to pages. */
export class Visitors {
  readonly #browser: Browser;
  /** Whether pictures are taken. Without them small cameras are enough, and weigh less. */
  readonly #areFilmed: boolean;
  readonly #contexts: BrowserContext[] = [];

  constructor(browser: Browser, areFilmed: boolean) {
    this.#browser = browser;
    this.#areFilmed = areFilmed;
  }

  async bring(
    name: string,
    portrait: Portrait,
    url: string,
    screen: keyof typeof screens = 'desktop',
  ): Promise<Person> {
    const context = await this.#browser.newContext({
      ...screens[screen],
      deviceScaleFactor: this.#areFilmed ? 2 : 1,
      locale: 'en-US',
      timezoneId: 'UTC',
      colorScheme: 'light',
      reducedMotion: 'reduce',
      permissions: ['camera', 'microphone'],
    });
    this.#contexts.push(context);
    context.setDefaultTimeout(PATIENCE);
    // What compiles this file gives functions their names by a function that pages do not have.
    await context.addInitScript('globalThis.__name ??= (named) => named;');
    await context.addInitScript(stopClocks);
    if (this.#areFilmed) await context.addInitScript(sendWholePictures);
    // Browsers of phones share no screens.
    if (screen === 'phone') await context.addInitScript('delete MediaDevices.prototype.getDisplayMedia;');
    const [height, frameRate] = this.#areFilmed ? [360, 6] : [90, 5];
    await context.addInitScript(openDevices, { portrait, height, frameRate });
    const page = await context.newPage();
    await page.goto(url);
    return new Person(name, page);
  }

  /** Everybody who is there goes. */
  async leave(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }
}

/** Somebody in front of a page, or of a frame in it. */
export class Person {
  readonly name: string;
  readonly page: Page;
  readonly #place: Page | FrameLocator;

  constructor(name: string, page: Page, place: Page | FrameLocator = page) {
    this.name = name;
    this.page = page;
    this.#place = place;
  }

  /** The same person in the frame of `<mesh-call>`. */
  get inFrame(): Person {
    return new Person(this.name, this.page, this.page.frameLocator('mesh-call iframe'));
  }

  press(button: string): Promise<void> {
    return this.#place.getByRole('button', { name: button, exact: true }).click();
  }

  fill(field: string, text: string): Promise<void> {
    return this.#place.getByRole('textbox', { name: field, exact: true }).fill(text);
  }

  follow(link: string): Promise<void> {
    return this.#place.getByRole('link', { name: link, exact: true }).click();
  }

  check(label: string): Promise<void> {
    return this.#place.getByLabel(label).check();
  }

  /** Waits until the page shows a text. */
  reads(text: string | RegExp): Promise<void> {
    return this.#place.getByText(text, { exact: true }).filter({ visible: true }).first().waitFor();
  }

  /** Waits until somebody has a tile, and a sign on it where one is named. */
  sees(name: string, sign?: string): Promise<void> {
    const tile = this.#place.getByRole('figure', { name, exact: true });
    return (sign === undefined ? tile : tile.getByRole('img', { name: sign, exact: true })).waitFor();
  }

  /** Waits until there is a connection with each of these people. */
  async isConnectedWith(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const tile = this.#place.locator(`figure[aria-label="${name}"][data-connection="connected"]`);
      await tile.waitFor().catch(async (error) => {
        throw new Error(`${this.name} is not connected with ${name}: ${error}\n${await wordsOf(this.page)}`);
      });
    }
  }

  /** Waits until the call has lasted for two seconds. */
  async hasTalked(): Promise<void> {
    const timer = this.#place.getByRole('timer', { name: 'Time of the call' });
    await timer.filter({ hasText: /:(?!0[01]$)\d\d$/ }).waitFor();
  }

  async writes(text: string): Promise<void> {
    await this.fill('Message', text);
    await this.press('Send');
    await this.reads(text);
  }

  /** Waits until all pictures have come, in a size that looks well. @param height in pixels */
  async seesPictures(height: number): Promise<void> {
    for (const frame of this.page.frames()) {
      await frame.waitForFunction(
        (least) =>
          [...document.querySelectorAll('video')].every(
            ({ srcObject, videoHeight, readyState }) => !srcObject || (readyState >= 2 && videoHeight >= least),
          ),
        height,
        { polling: 250 },
      );
    }
  }
}
