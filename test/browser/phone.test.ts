import { expect, it } from 'vitest';
import { userToken, withUsers } from '../protocol/users.ts';
import { startServer } from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';
import { peopleIn } from './people.ts';
import { strippingProxy } from './stripping-proxy.ts';
import type { Visitor } from './visitors.ts';

const PATIENCE = 60_000;

describeInChromium('The phone of the page', (browser) => {
  const { arrive } = peopleIn(browser);

  async function signIn(visitor: Visitor): Promise<void> {
    await visitor.field('Your name').fill(visitor.name);
    await visitor.press('Sign in');
    await visitor.heading('Phone').waitFor();
  }

  it(
    'is beside the lobby under any path, and whoever has signed in is so on both, also after a reload',
    async () => {
      const { url } = await startServer({ USERS: 'open' });
      const address = await strippingProxy(url, '/calls');
      const ada = await arrive(address, 'Ada');
      await ada.page.getByRole('link', { name: 'Phone', exact: true }).click();
      expect(ada.page.url()).toBe(`${address}phone`);
      await ada.press('Sign in');
      await ada.page.getByText('Please enter your name.').waitFor();
      await signIn(ada);
      expect(await ada.isFocused(ada.heading('Phone'))).toBe(true);
      await ada.page.reload();
      await ada.heading('Phone').waitFor();
      const bob = await arrive(`${address}phone/`, 'Bob');
      expect(bob.page.url()).toBe(`${address}phone`);
      await bob.field('Your name').fill('ADA');
      await bob.press('Sign in');
      await bob.hears('Somebody else has that name at present.');
      await bob.page.getByRole('link', { name: 'Workspaces', exact: true }).click();
      await bob.field('Your name').waitFor();
      await bob.page.goBack();
      await bob.heading('Sign in').waitFor();

      await ada.page.getByRole('link', { name: 'Workspaces', exact: true }).click();
      await ada.page.getByText('Signed in as Ada').waitFor();
      await ada.press('Create workspace');
      const link = await ada.field('Link').inputValue();
      expect(link.startsWith(`${address}#`)).toBe(true);
      await ada.tile('Ada').waitFor();
      await ada.press('Leave workspace');
      await ada.press('Sign out');
      await ada.field('Your name').waitFor();
    },
    PATIENCE,
  );

  it(
    'is for those whom a link of the host system signs in, which nobody finds in the address afterwards',
    async () => {
      const { url } = await startServer(withUsers);
      const ada = await arrive(`${url}/phone#user-token=${userToken('ada', { name: 'Dr. Ada' })}`, 'Dr. Ada');
      await ada.heading('Phone').waitFor();
      expect(ada.page.url()).toBe(`${url}/phone`);
      expect(await ada.page.evaluate(() => JSON.stringify([localStorage, sessionStorage]))).not.toContain('eyJ');
      await ada.page.getByRole('link', { name: 'Workspaces', exact: true }).click();
      await ada.press('Create workspace');
      const link = await ada.field('Link').inputValue();

      const bob = await arrive(`${link}&user-token=${userToken('bob', { name: 'Bob' })}`, 'Bob');
      await bob.page.getByText('Signed in as Bob').waitFor();
      expect(bob.page.url()).toBe(link);
      await bob.press('Join');
      await ada.tile('Bob').waitFor();

      // A guest of such a server has the lobby alone.
      const eve = await arrive(`${url}/#user-token=broken`, 'Eve');
      await eve.hears('The link did not sign you in, because it is broken.');
      await eve.field('Your name').waitFor();
      expect(await eve.page.getByRole('link').count()).toBe(0);
      expect(eve.page.url()).toBe(`${url}/`);
    },
    PATIENCE,
  );

  it(
    'is not there where nobody can sign in, and says so',
    async () => {
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada');
      await ada.heading('Create a workspace').waitFor();
      expect(await ada.page.getByRole('link').count()).toBe(0);
      const bob = await arrive(`${url}/phone`, 'Bob');
      await bob.heading('There is no phone here').waitFor();
      await bob.page.getByRole('link').click();
      await bob.heading('Create a workspace').waitFor();
      expect(bob.page.url()).toBe(`${url}/`);
    },
    PATIENCE,
  );
});
