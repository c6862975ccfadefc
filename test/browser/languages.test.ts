import { expect, it, onTestFinished } from 'vitest';
import { languages } from '../../src/page/language.ts';
import { createWorkspace, startServer } from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';
import { startClinicHost } from './clinic-host.ts';
import { light, peopleIn } from './people.ts';
import { Visitor } from './visitors.ts';

const PATIENCE = 60_000;

/** The files of German words among those that a page has loaded. */
const germanFiles = ({ page }: Visitor): Promise<string[]> =>
  page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => name)
      .filter((name) => /\/assets\/de-/.test(name)),
  );

const choose = ({ page }: Visitor, language: string) =>
  page.getByRole('combobox', { name: /^(Language|Sprache)$/ }).selectOption(language);

const htmlLanguage = ({ page }: Visitor) => page.locator('html').getAttribute('lang');

/** The buttons of a page that are beyond its right edge. */
function buttonsOutside(): string[] {
  return [...document.querySelectorAll('button, select')]
    .filter((each) => each.getBoundingClientRect().right > innerWidth)
    .map(({ outerHTML }) => outerHTML);
}

/** The ways to other screens, and the numbers beside them, that are cut off or covered by something else. */
function hiddenWays(): string[] {
  return [...document.querySelectorAll('nav a, .screen-badge')]
    .filter((each) => {
      const { left, right, top, bottom } = each.getBoundingClientRect();
      const corners = [left + 1, right - 1].map((x) => document.elementFromPoint(x, (top + bottom) / 2));
      return corners.some((corner) => corner?.closest('a') !== each.closest('a'));
    })
    .map(({ outerHTML }) => outerHTML);
}

describeInChromium('The language of the page', (browser) => {
  const { arrive } = peopleIn(browser);
  const german = { ...light, locale: 'de-AT' };

  it(
    'is that of the browser, or the one that the person chose, also after a reload',
    async () => {
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada');
      await ada.heading('Create a workspace').waitFor();
      expect(await htmlLanguage(ada)).toBe('en');
      // Nobody loads the words of a language that nobody wants.
      expect(await germanFiles(ada)).toEqual([]);
      await ada.field('Your name').fill('Ada');
      await choose(ada, 'Deutsch');
      await ada.heading('Raum eröffnen').waitFor();
      expect(await ada.field('Ihr Name').inputValue()).toBe('Ada');
      expect(await htmlLanguage(ada)).toBe('de');
      await ada.page.reload();
      await ada.heading('Raum eröffnen').waitFor();

      const bob = await arrive(url, 'Bob', german);
      await bob.heading('Raum eröffnen').waitFor();
      await choose(bob, 'English');
      await bob.heading('Create a workspace').waitFor();
      await bob.page.reload();
      await bob.heading('Create a workspace').waitFor();
      const cyd = await arrive(url, 'Cyd', { ...light, locale: 'fr-FR' });
      await cyd.heading('Create a workspace').waitFor();
    },
    PATIENCE,
  );

  it(
    'changes in the middle of a call, and takes forms of counts, times and errors along',
    async () => {
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada');
      const link = await ada.createWorkspace({ pin: '2468', workspace: 'Atelier' });
      const bob = await arrive(link, 'Bob', german);
      await bob.field('Ihr Name').fill('Bob');
      await bob.field('PIN').fill('1357');
      await bob.press('Beitreten');
      await bob.hears('Die PIN ist falsch oder fehlt.');
      // What stands there already is in the new language too.
      await choose(bob, 'English');
      await bob.hears('The PIN is not right, or is missing.');
      await choose(bob, 'Deutsch');
      await bob.field('PIN').fill('2468');
      await bob.press('Beitreten');
      await ada.startCall([bob]);
      await bob.press('Annehmen');
      await bob.isConnectedWith([ada]);
      await choose(ada, 'Deutsch');
      await ada.button('Beenden').waitFor();
      await ada.isConnectedWith([bob]);
      for (const count of [1, 2]) {
        if (count === 1) await bob.press('Chat');
        await bob.field('Nachricht').fill('Guten Tag');
        await bob.press('Senden');
        await ada.button(count === 1 ? 'Chat, 1 neue Nachricht' : 'Chat, 2 neue Nachrichten').waitFor();
      }
      await choose(ada, 'English');
      await ada.button('Chat, 2 new messages').waitFor();
      const timeOf = (person: Visitor) => person.page.locator('time').first().textContent();
      expect(await timeOf(bob)).toMatch(/^\d\d:\d\d$/);
      await ada.press('Chat, 2 new messages');
      expect(await timeOf(ada)).toMatch(/^\d{1,2}:\d\d\s[AP]M$/);
    },
    PATIENCE,
  );

  it(
    'stays as it is where the words of another cannot be loaded, and the page says so',
    async () => {
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada', { ...light, losesNetwork: true });
      await ada.page.context().setOffline(true);
      await choose(ada, 'Deutsch');
      await ada.hears('That language could not be loaded.');
      expect(await ada.page.getByRole('combobox', { name: 'Language' }).inputValue()).toBe('en');
      await ada.page.context().setOffline(false);
      await ada.page.reload();
      await choose(ada, 'Deutsch');
      await ada.heading('Raum eröffnen').waitFor();

      const bob = await browser().newContext({ locale: 'de-DE' });
      onTestFinished(() => bob.close());
      await bob.route(/\/assets\/de-/, (route) => route.abort());
      const page = await bob.newPage();
      await page.goto(url);
      await page.getByRole('heading', { name: 'Create a workspace' }).waitFor();
    },
    PATIENCE,
  );

  it(
    'is that of the person on the page for operators too',
    async () => {
      const key = 'Tb9FyKe4MwXj6CpQz1SrGv8NhUd3Al5o';
      const server = await startServer({ API_KEYS: `ops:${key}:admin` });
      await createWorkspace(server);
      const operator = await Visitor.arrive(browser(), `${server.url}/admin`, 'Operator', { locale: 'de-DE' });
      await operator.field('API-Schlüssel').fill(key);
      await operator.press('Anmelden');
      await operator.page.getByText('1 Person', { exact: true }).waitFor();
      await operator.page.getByText('Stand: jetzt').waitFor();
      expect(await operator.page.title()).toBe('Betrieb · mesh-workspaces');
      await choose(operator, 'English');
      await operator.page.getByText('As of now').waitFor();
      expect(await operator.page.title()).toBe('Operations · mesh-workspaces');
    },
    PATIENCE,
  );

  it.each(Object.keys(languages))(
    'leaves every button within reach on a small phone: %s',
    async (locale) => {
      const { url } = await startServer();
      const { page } = await arrive(url, 'Ada', { ...light, locale });
      await page.setViewportSize({ width: 360, height: 640 });
      const outside = (shown = page) => shown.evaluate(buttonsOutside);
      await page.getByRole('textbox').first().fill('Ada');
      expect(await outside()).toEqual([]);
      const host = await startClinicHost();
      const clinic = await startServer(host.env);
      const provider = { name: 'Dr. Ada', mesh: { role: 'owner' } };
      const doctor = await arrive(host.linkFor(clinic.url, 'dr', provider, 'consultations'), 'Dr. Ada', {
        ...light,
        locale,
      });
      await doctor.page.setViewportSize({ width: 320, height: 640 });
      await doctor.page.getByRole('heading', { level: 1 }).waitFor();
      for (const screen of ['consultations', 'inbox']) {
        await doctor.page.locator(`a[href="./${screen}"]`).click();
        await doctor.page.getByRole('heading', { level: 1 }).waitFor();
        expect(await outside(doctor.page), screen).toEqual([]);
      }
      await page.keyboard.press('Enter');
      await page.getByRole('figure', { name: 'Ada' }).waitFor();
      expect(await page.locator('html').getAttribute('lang')).toBe(locale);
      expect(await outside()).toEqual([]);

      const phone = await startServer({ USERS: 'open' });
      const bob = await arrive(`${phone.url}/phone`, 'Bob', { ...light, locale });
      await bob.page.setViewportSize({ width: 320, height: 640 });
      await bob.page.getByRole('textbox').fill('Robert Alexander Montgomery the Third');
      await bob.page.keyboard.press('Enter');
      const call = bob.page.getByRole('textbox', { name: locale === 'de' ? 'Anrufen' : 'Call' });
      await call.waitFor();
      const width = () => bob.page.evaluate(() => document.documentElement.scrollWidth);
      expect(await width()).toBe(320);
      expect(await bob.page.evaluate(buttonsOutside)).toEqual([]);

      // The number of new items is in sight, and what is announced covers no way to another screen.
      const ada = await phone.connect();
      await ada.must('sign-in', { name: 'Ada' });
      const clients = [{ id: 'Robert Alexander Montgomery the Third' }];
      await ada.must('open-consultation', { subject: 'Nachsorge nach Kniegelenkspunktion', clients });
      await bob.page.locator('.invite-banner').waitFor();
      await bob.page.locator('.screen-badge').waitFor();
      expect(await bob.page.evaluate(hiddenWays)).toEqual([]);
    },
    PATIENCE,
  );
});
