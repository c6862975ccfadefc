import { expect, it, onTestFinished } from 'vitest';
import { playScenes } from '../../scripts/pictures/scenes.ts';
import { readScenes } from '../../scripts/pictures/scenes-file.ts';
import { still, wordsOf } from '../../scripts/pictures/stillness.ts';
import { openStudio } from '../../scripts/pictures/studio.ts';
import { describeInChromium } from './chromium.ts';

describeInChromium('The pictures of the documentation', (browser) => {
  it('show what is on the pages now', { timeout: 180_000 }, async () => {
    const studio = await openStudio();
    onTestFinished(studio.close);
    const shown: Record<string, readonly string[]> = {};
    await playScenes(browser(), studio, false, async (picture, { page }) => {
      const goOn = await still(page);
      shown[picture] = await wordsOf(page);
      await goOn();
    });
    expect(shown, 'The pictures in docs/pictures are older than the pages. Run: npm run docs:pictures').toEqual(
      readScenes(),
    );
  });
});
