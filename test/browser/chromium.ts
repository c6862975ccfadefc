import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { chromiumProgram as program } from './chromium-program.ts';
import { fakeDevices } from './fake-devices.ts';

/** A few pictures a second show that one moves, and leave the processor to other tests. Of a flag, the last one counts. */
const slowCamera = '--use-fake-device-for-media-stream=fps=5';

/** A suite in a real Chromium with a camera and a microphone that play by themselves. */
export function describeInChromium(title: string, suite: (browser: () => Browser) => void): void {
  if (!program && process.env.CI !== 'true') {
    console.warn(`Chromium is missing, so "${title}" is skipped. On Debian: apt-get install chromium-headless-shell`);
    describe.skip(title, () => suite(() => fail()));
    return;
  }
  describe(title, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      if (!program) throw new Error('Chromium is missing. On Debian: apt-get install chromium-headless-shell');
      browser = await chromium.launch({
        executablePath: program,
        args: [...fakeDevices, slowCamera],
      });
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
    });
    suite(() => browser ?? fail());
  });
}

function fail(): never {
  throw new Error('there is no browser');
}
