import { expect, it } from 'vitest';
import { startServer } from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';
import { peopleIn } from './people.ts';
import { fullMesh, type Visitor } from './visitors.ts';

const PATIENCE = 120_000;

/** Asks to join, and waits for the waiting room. */
async function knocks(visitor: Visitor): Promise<void> {
  await visitor.askToJoin();
  await visitor.heading('Waiting room').waitFor();
}

describeInChromium('The waiting room of the page', (browser) => {
  const { arrive } = peopleIn(browser);

  it(
    'lets people wait with their places, and the owner admit them, whichever of them reloads meanwhile',
    async () => {
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada');
      await ada.page.getByLabel('Waiting room').check();
      const link = await ada.createWorkspace({ workspace: 'Atelier', pin: '2468' });
      const [bob, cyd] = await Promise.all([arrive(link, 'Bob'), arrive(link, 'Cyd')]);
      await bob.askToJoin('2468');
      await bob.heading('Waiting room').waitFor();
      await bob.hears('You are next.');
      expect(await bob.isFocused(bob.heading('Waiting room'))).toBe(true);
      await ada.hears('Bob is waiting to be admitted.');
      await cyd.askToJoin('2468');
      await cyd.hears('1 person is before you.');
      // Nobody is asked for anything again.
      await Promise.all([ada.page.reload(), bob.page.reload()]);
      await bob.hears('You are next.');
      await cyd.hears('1 person is before you.');
      await expect.poll(() => ada.page.title()).toMatch(/^\(2\) Atelier/);
      // People who wait see themselves, and learn nothing of the people inside.
      await bob.page.getByLabel('Preview of your camera').locator('video').waitFor();
      expect(await bob.page.locator('body').innerText()).not.toContain('Ada');
      await bob.press('Mute');
      await ada.press('Admit Bob');
      await bob.tile('Ada').waitFor();
      await cyd.hears('You are next.');
      await ada.startCall([bob]);
      await bob.press('Accept');
      await fullMesh([ada, bob]);
      expect(await ada.isShownMuted('Bob')).toBe(true);
      // The list is not in sight, so the page says it over the call.
      await ada.press('Chat');
      await ada.page.getByText('Cyd is waiting to be admitted.').first().waitFor();
      await ada.press('Turn Cyd away');
      await cyd.heading('You were not admitted').waitFor();
      await ada.button('Turn Cyd away').waitFor({ state: 'detached' });
    },
    PATIENCE,
  );

  it(
    'lets people give up, come back after a lost network, and enter once nobody has to ask',
    async () => {
      const { url } = await startServer({ SEAT_GRACE_SECONDS: '20' });
      const ada = await arrive(url, 'Ada');
      const link = await ada.createWorkspace({ workspace: 'Atelier' });
      await ada.page.getByLabel('Admit newcomers one by one').check();
      const bob = await arrive(link, 'Bob');
      await knocks(bob);
      const cyd = await arrive(link, 'Cyd', { isLight: true, losesNetwork: true });
      await knocks(cyd);
      await cyd.page.context().setOffline(true);
      await bob.press('Give up');
      await bob.button('Join').waitFor();
      await ada.button('Admit Bob').waitFor({ state: 'detached' });
      await ada.button('Admit Cyd').waitFor();
      await cyd.page.context().setOffline(false);
      await cyd.hears('You are next.');
      const dan = await arrive(link, 'Dan');
      await knocks(dan);
      await dan.hears('1 person is before you.');
      await ada.press('Admit all');
      await ada.seesOnly([ada, cyd, dan]);
      await knocks(bob);
      await ada.page.getByLabel('Admit newcomers one by one').uncheck();
      await bob.tile('Ada').waitFor();
    },
    PATIENCE,
  );

  it(
    'tells the people who wait that the workspace is closed',
    async () => {
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada');
      await ada.page.getByLabel('Waiting room').check();
      const link = await ada.createWorkspace({ workspace: 'Atelier' });
      const bob = await arrive(link, 'Bob');
      await knocks(bob);
      await ada.press('Close workspace');
      await ada.press('Yes, close it');
      await bob.heading('The workspace is closed').waitFor();
    },
    PATIENCE,
  );
});
