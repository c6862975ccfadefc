import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { type Person, Visitors } from './people.ts';
import { ada, bob, chidi, mei } from './portraits.ts';
import type { Studio } from './studio.ts';

/** Called when a page shows what a picture is to show. @param picture its name */
export type Look = (picture: string, person: Person) => Promise<void>;

const doctor = { id: 'ada', name: 'Dr. Ada Moreau' };
const patient = { id: 'bob', name: 'Bob Lindqvist' };

/**
 * Plays everything that the pictures of the documentation show, in a real browser, on a real server. The script,
 * which takes pictures, and the test, which compares words, see the same.
 * @param areFilmed whether pictures are taken, rather than words alone
 */
export async function playScenes(browser: Browser, studio: Studio, areFilmed: boolean, look: Look): Promise<void> {
  const visitors = new Visitors(browser, areFilmed);
  try {
    await playMeeting(visitors, studio, look);
    await playClinic(visitors, studio, look);
    await playPhone(visitors, studio, look);
    await playConsultations(visitors, studio, look);
  } finally {
    await visitors.leave();
  }
}

/** From the lobby through the waiting room to a call of four, which is recorded. */
async function playMeeting(visitors: Visitors, studio: Studio, look: Look): Promise<void> {
  const owner = await visitors.bring('Ada Moreau', ada, studio.url);
  await owner.fill('Your name', owner.name);
  await owner.fill('Workspace name', 'Harbour project');
  await owner.check('Waiting room');
  await look('lobby', owner);
  await owner.press('Create workspace');
  const link = await owner.page.getByRole('textbox', { name: 'Link' }).inputValue();

  const guests = [
    await visitors.bring(patient.name, bob, link),
    await visitors.bring('Chidi Okafor', chidi, link),
    await visitors.bring('Mei Tanaka', mei, link, 'phone'),
  ] as const;
  const [second, third, onPhone] = guests;
  const names = guests.map(({ name }) => name);
  for (const [before, guest] of guests.entries()) {
    await guest.fill('Your name', guest.name);
    await guest.press('Join');
    await guest.reads(before === 0 ? 'You are next.' : new RegExp(`^${before} (person is|people are) before you\\.$`));
  }
  await owner.page.getByRole('button', { name: `Admit ${onPhone.name}` }).waitFor();
  await look('waiting-list', owner);
  await look('waiting-room', third);
  await owner.press('Admit all');
  for (const name of names) await owner.sees(name);

  await owner.press('Start call');
  for (const guest of guests) await guest.press('Accept');
  const all = [owner, ...guests];
  await Promise.all(
    all.map((each) => each.isConnectedWith(all.map(({ name }) => name).filter((name) => name !== each.name))),
  );
  await owner.press('People');
  await look('call', owner);
  await owner.page.emulateMedia({ colorScheme: 'dark' });
  await look('call-dark', owner);
  await owner.page.emulateMedia({ colorScheme: 'light' });
  await look('call-phone', onPhone);

  await second.press('Chat');
  await owner.press('Chat');
  await second.writes('The plans for the quay: https://harbour.example');
  await owner.reads(/^The plans for the quay/);
  await owner.writes('Thank you! Chidi, can you look at page 3?');
  await third.press('Chat, 2 new messages');
  await third.writes('Yes, this afternoon.');
  await owner.reads('Yes, this afternoon.');
  await look('chat', owner);
  await lookAtOperations(visitors, studio, look);

  await owner.press('Chat');
  await owner.press('Record');
  await onPhone.page.getByRole('button', { name: 'Agree', exact: true }).waitFor();
  await look('recording-question', onPhone);
  for (const each of [owner, second, onPhone]) await each.press('Agree');
  await third.press('Do not agree');
  for (const { name } of [second, onPhone]) await owner.sees(name, 'Agreed to be recorded');
  await owner.sees(third.name, 'Does not agree to be recorded');
  await owner.press('Recording');
  await owner.reads('You are being recorded.');
  await owner.reads(/all of it on the server/);
  await look('recording', owner);
  await visitors.leave();
}

async function lookAtOperations(visitors: Visitors, { url, adminKey }: Studio, look: Look): Promise<void> {
  const operator = await visitors.bring('Operator', ada, 'about:blank');
  await operator.page.setViewportSize({ width: 1280, height: 870 });
  // The server is that of this machine; its name and its age are not for pictures.
  await operator.page.route('**/api/v1/nodes*', async (route) => {
    const response = await route.fetch();
    const { items, ...rest } = await response.json();
    const startedAt = Date.now() - 3 * 24 * 3_600_000;
    const said = { host: 'calls-1', startedAt, memoryBytes: 118_000_000, version: '1.0.0' };
    await route.fulfill({ response, json: { ...rest, items: items.map((node: object) => ({ ...node, ...said })) } });
  });
  await operator.page.goto(`${url}/admin`);
  await operator.fill('API key', adminKey);
  await operator.press('Sign in');
  await operator.press('People in Harbour project');
  await operator.reads('owner, on the call');
  await look('admin', operator);
  await operator.page.context().close();
}

/** A visit in the system of a clinic, from its login to its bill. */
async function playClinic(visitors: Visitors, { clinicUrl }: Studio, look: Look): Promise<void> {
  const [one, other] = [
    await visitors.bring(doctor.name, ada, clinicUrl, 'low'),
    await visitors.bring(patient.name, bob, clinicUrl),
  ] as const;
  await look('clinic-login', one);
  for (const person of [one, other]) {
    await person.page.getByRole('button', { name: person.name }).click();
    await person.page.getByRole('heading', { name: 'Appointments' }).waitFor();
  }
  await look('clinic-appointments', one);
  await one.page.setViewportSize({ width: 1200, height: 760 });
  for (const person of [one, other]) {
    await person.follow('Knee pain');
    await person.reads('You are in.');
  }
  await one.inFrame.sees(other.name);
  await one.inFrame.press('Start call');
  await other.inFrame.press('Accept');
  await one.inFrame.isConnectedWith([other.name]);
  await one.inFrame.press('People');
  // A bill counts whole seconds.
  await one.inFrame.hasTalked();
  await look('clinic-visit', one);
  await one.inFrame.press('End call');
  await one.press('Close the visit');
  await one.page.setViewportSize({ width: 1000, height: 290 });
  const bill = one.page.getByRole('row', { name: 'Knee pain' }).getByText('3 € for 1 minute');
  // The server tells by webhook what is to be billed.
  for (let looks = 0; looks < 50 && !(await bill.isVisible()); looks += 1) {
    await sleep(200);
    await one.page.reload();
  }
  await look('clinic-bill', one);
  await visitors.leave();
}

/** Two users who call each other. */
async function playPhone(visitors: Visitors, studio: Studio, look: Look): Promise<void> {
  const callee = { id: 'chidi', name: 'Chidi Okafor' };
  const caller = { id: 'mei', name: 'Mei Tanaka' };
  const one = await visitors.bring(callee.name, chidi, await studio.linkFor('phone', callee), 'tall');
  const other = await visitors.bring(caller.name, mei, await studio.linkFor('phone', caller), 'window');
  await one.page.getByRole('heading', { name: 'Phone' }).waitFor();
  await other.fill('Call', callee.id);
  await other.press('Call');
  await one.press('Decline');
  await other.reads(/declined the call\.$/);
  await other.fill('Call', callee.id);
  await other.press('Call');
  await one.reads('Call with picture');
  await look('phone', one);
  await one.press('Accept');
  await one.page.setViewportSize({ width: 1000, height: 620 });
  await one.isConnectedWith([caller.name]);
  await look('phone-call', one);
  await visitors.leave();
}

/** The consultations of a provider. */
async function playConsultations(visitors: Visitors, studio: Studio, look: Look): Promise<void> {
  const provider = { id: 'moreau', name: 'Dr. Ada Moreau' };
  const clients = [
    { subject: 'Blood test results', client: { id: 'tanaka-1', name: 'Mei Tanaka' } },
    { subject: 'Physiotherapy plan', client: { id: 'okafor-2', name: 'Chidi Okafor' } },
    { subject: 'Follow-up of the knee', client: { id: 'lindqvist-3', name: 'Bob Lindqvist' } },
  ];
  for (const [at, { subject, client }] of clients.entries()) {
    const { consultation } = await studio.mesh.openConsultation({
      externalId: `list-${at}`,
      subject,
      provider,
      clients: [client],
    });
    // The list has the latest first, to the millisecond.
    await sleep(5);
    if (at === 0) await studio.mesh.closeConsultation(consultation.id);
  }
  const link = await studio.linkFor('consultations', provider, 'owner');
  const one = await visitors.bring(provider.name, ada, link, 'window');
  await one.reads('Follow-up of the knee');
  await look('consultations', one);
}
