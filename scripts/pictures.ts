/** Takes the pictures of the documentation anew, and writes down what stands on them: `npm run docs:pictures`. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { chromiumProgram } from '../test/browser/chromium-program.ts';
import { fakeDevices } from '../test/browser/fake-devices.ts';
import type { Person } from './pictures/people.ts';
import { playScenes } from './pictures/scenes.ts';
import { picturesFolder, writeScenes } from './pictures/scenes-file.ts';
import { still, wordsOf } from './pictures/stillness.ts';
import { openStudio } from './pictures/studio.ts';

/** Pictures of others come in this height, in pixels, before they are good enough. */
const LEAST_HEIGHT = 240;
/** Pictures of others get sharper within this time, ms. */
const SHARPENING = 1_500;

/** Frames of other origins have the sharpness of the browser, and not that of the page around them. */
const SHARP_FRAMES = '--force-device-scale-factor=2';

const scenes: Record<string, readonly string[]> = {};
const pictures = new Map<string, Buffer>();

async function look(picture: string, person: Person): Promise<void> {
  const { page } = person;
  await person.seesPictures(LEAST_HEIGHT);
  await page.waitForTimeout(SHARPENING);
  const goOn = await still(page);
  scenes[picture] = await wordsOf(page);
  pictures.set(`${picture}.webp`, await asWebp(await page.screenshot()));
  await goOn();
  console.log(picture);
}

/** Encodes a PNG as WebP, which the browser can and which is a tenth of the size. */
async function asWebp(png: Buffer): Promise<Buffer> {
  const page = await browser.newPage();
  const base64 = await page.evaluate(async (source) => {
    const image = Object.assign(new Image(), { src: `data:image/png;base64,${source}` });
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    canvas.getContext('2d')?.drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.8).split(',')[1] ?? '';
  }, png.toString('base64'));
  await page.close();
  return Buffer.from(base64, 'base64');
}

if (!chromiumProgram) throw new Error('Chromium is missing. On Debian: apt-get install chromium-headless-shell');
const browser = await chromium.launch({ executablePath: chromiumProgram, args: [...fakeDevices, SHARP_FRAMES] });
const studio = await openStudio();
try {
  await playScenes(browser, studio, true, look);
} finally {
  await browser.close();
  await studio.close();
}
// The former ones stay until all new ones are there.
for (const file of readdirSync(picturesFolder)) rmSync(new URL(file, picturesFolder));
for (const [file, bytes] of pictures) writeFileSync(new URL(file, picturesFolder), bytes);
writeScenes(scenes);
const size = [...pictures.values()].reduce((sum, { length }) => sum + length, 0);
console.log(`${pictures.size} pictures, ${Math.ceil(size / 1000)} kB`);
