import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { MeshCall, MeshCallEvents } from '../../src/embed/mesh-call.ts';
import { light } from './people.ts';
import { Visitor, type VisitorOptions } from './visitors.ts';

declare global {
  /** The events of the element since the page was loaded. */
  var heard: { name: string; detail: unknown }[];
}

/** What this page must not tell anybody: it stands in its address. */
export const CONFIDENTIAL = 'file-of-mrs-miller';

/**
 * Serves a page of somebody else, on a site of its own: browsers take 127.0.0.1 and localhost for two. It lets in what
 * docs/embed.md names, and nothing else.
 */
export class EmbeddingPage {
  readonly origin: string;
  /** The server whose calls it shows. */
  calls = '';
  /** What stands in its body. */
  body = '';
  /** Origins that it shows in further frames. */
  frames: string[] = [];

  private constructor(origin: string) {
    this.origin = origin;
  }

  static async serve(): Promise<EmbeddingPage> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const page = new EmbeddingPage(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (_, response) => {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.setHeader('Content-Security-Policy', page.#policy());
      response.end(page.#html());
    });
    return page;
  }

  get url(): string {
    return `${this.origin}/?patient=${CONFIDENTIAL}`;
  }

  #policy(): string {
    const frames = [this.calls, ...this.frames].join(' ');
    return `default-src 'none'; script-src 'nonce-mine' ${this.calls}; frame-src ${frames}; img-src data:`;
  }

  #html(): string {
    return `<!doctype html>
      <link rel="icon" href="data:,">
      <script nonce="mine">
        globalThis.heard = [];
        const names = 'ready waiting joined call-started call-ending call-ended left error'.split(' ');
        for (const name of names) {
          document.addEventListener('mesh-' + name, ({ detail }) => heard.push({ name: 'mesh-' + name, detail }), true);
        }
      </script>
      <script type="module" src="${this.calls}/embed.js"></script>
      ${this.body}`;
  }
}

/** Somebody in front of such a page. */
export class Embedded {
  readonly page: Page;
  /** What the browser asked for: each address, and the one that it named as the address before. */
  readonly asked: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('request', (request) => {
      this.asked.push(`${request.url()} from ${request.headers().referer ?? 'nowhere'}`);
    });
  }

  /** @param options `insteadOf`: the address at which the page stands, of another origin than its own */
  static async arrive(
    browser: Browser,
    host: EmbeddingPage,
    { insteadOf, ...options }: VisitorOptions & { insteadOf?: string } = light,
  ): Promise<Embedded> {
    const { page } = await Visitor.arrive(browser, 'about:blank', 'Somebody in a frame', options);
    const embedded = new Embedded(page);
    if (insteadOf !== undefined)
      await page.route(insteadOf, async (route) => route.fulfill({ response: await route.fetch({ url: host.url }) }));
    await page.goto(insteadOf ?? host.url);
    return embedded;
  }

  /** The page in the frame. */
  get inside(): FrameLocator {
    return this.page.frameLocator('mesh-call iframe');
  }

  async press(button: string): Promise<void> {
    await this.inside.getByRole('button', { name: button, exact: true }).click();
  }

  tile(name: string): Locator {
    return this.inside.getByRole('figure', { name, exact: true });
  }

  /** Runs in the page, with its element. */
  do<Result>(action: (call: MeshCall, argument: string) => Result | Promise<Result>, argument = ''): Promise<Result> {
    const run = action as (call: Element, argument: string) => Result | Promise<Result>;
    return this.page.locator('mesh-call').evaluate(run, argument);
  }

  /** Waits for an event. @returns the detail of the latest one of that name */
  async hears(name: keyof MeshCallEvents): Promise<unknown> {
    await this.page.waitForFunction((wanted) => heard.some((each) => each.name === wanted), name);
    return this.page.evaluate((wanted) => heard.findLast((each) => each.name === wanted)?.detail, name);
  }

  /** The names of all events since the last look. */
  heard(): Promise<string[]> {
    return this.page.evaluate(() => heard.splice(0).map(({ name }) => name));
  }

  /**
   * Expects that a text is in no address that the browser asked for, showed, or named as the one before.
   * @param where the beginning of the addresses that count
   */
  expectSecret(text: string, where = ''): void {
    const shown = this.page.frames().map((frame) => frame.url());
    const addresses = [...this.asked, ...shown].filter((each) => each.startsWith(where));
    expect(addresses).not.toEqual([]);
    expect(addresses.filter((each) => each.includes(text))).toEqual([]);
  }
}
