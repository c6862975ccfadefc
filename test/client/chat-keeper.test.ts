import { expect, it } from 'vitest';
import type { MeshClient } from '../../src/client/mesh-client.ts';
import { directory, places, useClients, when } from './users.ts';

useClients();

const texts = ({ state }: MeshClient) => state.value.chat.messages.map(({ text }) => text);

it('A reload forgets no message that the person has not read, and makes none unread that the person has', async () => {
  const { open } = await directory();
  const ada = open();
  await ada.create({ workspace: {}, attendee: { name: 'Ada' } });
  const token = ada.state.value.seat?.workspace.token ?? '';
  ada.sendMessage('Before Bob came');
  await when(() => ada.state.value.chat.messages[0]?.state === 'sent');

  const at = places();
  let bob = open(at);
  const reload = async () => {
    bob.close();
    bob = open(at);
    await bob.restore();
  };
  await bob.attend({ token, attendee: { name: 'Bob' } });
  await when(() => texts(bob).length === 1);
  expect(bob.state.value.chat.unread).toBe(0);

  for (const text of ['One', 'Two']) ada.sendMessage(text);
  await when(() => bob.state.value.chat.unread === 2);
  await reload();
  await when(() => texts(bob).length === 3);
  expect(bob.state.value.chat.unread).toBe(2);

  bob.readMessages();
  bob.sendMessage('Three');
  await when(() => ada.state.value.chat.unread === 1);
  await reload();
  await when(() => texts(bob).length === 4);
  expect(bob.state.value.chat.unread).toBe(0);

  bob.close();
  ada.sendMessage('While the page was loading');
  await when(() => ada.state.value.chat.messages.every(({ state }) => state === 'sent'));
  await reload();
  await when(() => texts(bob).length === 5);
  expect(bob.state.value.chat.unread).toBe(1);
});

it('Another seat of the same page begins with nothing unread', async () => {
  const { open } = await directory();
  const [ada, eve] = [open(), open()];
  for (const owner of [ada, eve]) {
    await owner.create({ workspace: {}, attendee: {} });
    for (const text of ['One', 'Two']) owner.sendMessage(text);
    await when(() => owner.state.value.chat.messages.every(({ state }) => state === 'sent'));
  }
  const bob = open();
  for (const { state } of [ada, eve]) {
    await bob.attend({ token: state.value.seat?.workspace.token ?? '' });
    await when(() => texts(bob).length === 2);
    expect(bob.state.value.chat.unread).toBe(0);
    await bob.leave();
  }
});
