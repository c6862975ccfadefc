import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { startClinic } from '../../examples/clinic/clinic.ts';
import { type Example, serveExample } from '../../examples/serve-example.ts';
import { newSecret } from '../../src/server/webhooks/signature.ts';
import { userTokenSecret, withUsers } from '../protocol/users.ts';
import { API_KEYS, keys } from '../server/rest/api.ts';
import { startServer } from '../support/fixtures.ts';
import { freePort } from '../support/free-port.ts';
import { describeInChromium } from './chromium.ts';
import { peopleIn } from './people.ts';
import type { Visitor } from './visitors.ts';

describeInChromium('The examples', (browser) => {
  const { arrive } = peopleIn(browser);

  /** @returns the address of the example */
  async function open(name: Example): Promise<string> {
    const port = await freePort();
    const { url } = await startServer({ USERS: 'open', EMBED_ORIGINS: `http://localhost:${port}` });
    onTestFinished(await serveExample(name, port, url));
    return `http://localhost:${port}/`;
  }

  /** Waits until so many videos show moving pictures. */
  const sees = (visitor: Visitor, count: number) =>
    visitor.page.waitForFunction(
      (expected) => {
        const moving = [...document.querySelectorAll('video')].filter(
          (video) => video.getVideoPlaybackQuality().totalVideoFrames > 5,
        );
        return moving.length === expected;
      },
      count,
      { polling: 250 },
    );

  it('page: a call in a page of somebody else, by its own buttons', async () => {
    const ada = await arrive(await open('page'), 'Ada');
    const inside = ada.page.frameLocator('mesh-call iframe');
    await inside.getByRole('button', { name: 'Create workspace' }).click();
    await ada.page.getByText('Ada is in Anonymous Workspace').waitFor();
    const bob = await arrive(await inside.getByRole('textbox', { name: 'Link' }).inputValue(), 'Bob');
    await bob.join();
    await inside.getByRole('figure', { name: 'Bob', exact: true }).waitFor();
    await ada.press('Start');
    await bob.press('Accept');
    await ada.page.getByText('is on the call', { exact: true }).waitFor();
    await bob.seesMoving(['Ada']);
    await ada.page.getByLabel('These buttons alone').check();
    await ada.press('Mute');
    await expect.poll(() => bob.isShownMuted('Ada')).toBe(true);
    await ada.press('Hang up');
    await ada.page.getByText('is on the call no more').waitFor();
    expect(await ada.button('Unmute').isVisible()).toBe(true);
  });

  it('react: a call, and after a reload the same call', async () => {
    const ada = await arrive(await open('react'), 'Ada');
    await ada.page.getByPlaceholder('Your name').fill('Ada');
    await ada.press('Create a room');
    const link = await ada.page.getByRole('link', { name: 'Invitation' }).getAttribute('href');
    const bob = await arrive(link ?? '', 'Bob');
    await bob.page.getByPlaceholder('Your name').fill('Bob');
    await bob.press('Join');
    await bob.page.getByRole('link', { name: 'Invitation' }).waitFor();
    await ada.press('Start call');
    await bob.press('Accept');
    await Promise.all([sees(ada, 2), sees(bob, 2)]);
    await bob.page.reload();
    await sees(bob, 2);
    await ada.press('Hang up');
    await Promise.all([sees(ada, 1), sees(bob, 1)]);
  });

  it('clinic: doctor and patient log in there, have their visit in its page, and the bill is right', async () => {
    const port = await freePort();
    const agreed = { apiKey: keys.clinic, userTokenSecret, webhookSecret: newSecret() };
    const { url } = await startServer({
      ...withUsers,
      API_KEYS,
      EMBED_ORIGINS: `http://localhost:${port}`,
      WEBHOOK_URL: `http://localhost:${port}/webhooks`,
      WEBHOOK_SECRET: agreed.webhookSecret,
    });
    onTestFinished(await startClinic({ port, server: url, ...agreed }));
    const clinic = `http://localhost:${port}/`;
    const [doctor, patient] = await Promise.all([arrive(clinic, 'Dr. Ada Moreau'), arrive(clinic, 'Bob Lindqvist')]);
    for (const each of [doctor, patient]) {
      await each.page.getByRole('button', { name: each.name }).click();
      await each.page.getByRole('link', { name: 'Knee pain' }).click();
      await each.hears('You are in.');
    }
    const inside = (each: Visitor) => each.page.frameLocator('mesh-call iframe');
    await inside(doctor).getByRole('button', { name: 'Start call' }).click();
    await inside(patient).getByRole('button', { name: 'Accept' }).click();
    await inside(doctor).getByRole('figure', { name: patient.name, exact: true }).waitFor();
    await inside(patient).getByRole('button', { name: 'Leave call' }).waitFor();
    await inside(doctor).locator(`figure[aria-label="${patient.name}"][data-connection="connected"]`).waitFor();
    // A bill counts whole seconds.
    await sleep(1_500);
    await inside(doctor).getByRole('button', { name: 'End call' }).click();
    await doctor.press('Close the visit');
    await expect
      .poll(async () => {
        await doctor.page.goto(clinic);
        return doctor.page.getByRole('row', { name: 'Knee pain' }).innerText();
      })
      .toMatch(/3 € for 1 minute/);
    // Nobody else comes in, nor reads anything, nor tells the clinic anything.
    expect(await (await fetch(`${clinic}visits/visit-1`)).text()).not.toContain('<mesh-call');
    expect((await fetch(`${clinic}webhooks`, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  it('phone: two people call each other by name', async () => {
    const url = await open('phone');
    const [ada, bob] = await Promise.all([arrive(url, 'Ada'), arrive(url, 'Bob')]);
    for (const each of [ada, bob]) {
      await each.field('Name').fill(each.name);
      await each.press('Sign in');
      await each.hears(`You are ${each.name}.`);
    }
    await ada.field('Name').fill('Bob');
    await ada.press('Call');
    await bob.hears('Ada is calling you');
    await bob.press('Accept');
    await Promise.all([sees(ada, 2), sees(bob, 2)]);
    await bob.press('Hang up');
    await Promise.all([ada.hears('You are Ada.'), bob.hears('You are Bob.')]);
    await ada.page.getByText('to Bob: accepted').waitFor();
    for (const each of [ada, bob]) await expect.poll(() => each.captures()).toEqual([]);
  });
});
