import { expect, it } from 'vitest';
import { createWorkspace } from '../support/fixtures.ts';
import { expectSmallImpact, FULL_REQUEST, full } from './impact.ts';
import { openPolling, openSocketIo } from './raw-connections.ts';
import { serve } from './serve.ts';
import { atSoak, patience } from './soak.ts';
import { frame } from './websocket.ts';

it('A request that connects 300,000 times makes no more than one connection', { timeout: patience(3) }, async () => {
  const server = await serve();
  await expectSmallImpact(server, 'a request that connects 300,000 times', 200, async () => {
    for (let round = 0; round < atSoak(1, 10); round += 1) {
      const polling = await openPolling(server.url);
      await polling.post(full('40'));
      expect((await polling.poll()).split('40{').length - 1).toBeLessThanOrEqual(1);
    }
  });
});

it('Attachments of an event that is too large are not kept until the last one is there', {
  timeout: patience(3),
}, async () => {
  const server = await serve();
  const attachment = frame({ payload: new Uint8Array(FULL_REQUEST), opcode: 2 });
  await expectSmallImpact(server, '9 MB of an unfinished event, from 20 connections', 130, async () => {
    for (let count = 0; count < 20; count += 1) {
      const raw = await openSocketIo(server.url);
      raw.write(frame({ payload: '4510-7["create",{}]' }));
      for (let sent = 0; sent < 9; sent += 1) raw.write(attachment);
      // Its answer says that all of it has been read.
      raw.write(frame({ payload: 'all read', opcode: 9 }));
      expect(await raw.has('all read')).toBe(true);
      if (count > 0) continue;
      raw.write(attachment);
      expect(await raw.has('437[{"ok":false,"error":{"code":"TOO_LARGE"')).toBe(true);
    }
  });
});

it('One connection creates thousands of workspaces and goes, and nobody waits for that', {
  timeout: patience(5),
}, async () => {
  const workspaces = atSoak(5000, 30_000);
  const server = await serve({ CREATES_PER_MINUTE: '1000000', COMMANDS_PER_SECOND: '100000', SEAT_GRACE_SECONDS: '1' });
  await expectSmallImpact(server, `${workspaces} workspaces of one connection`, 400, async () => {
    const raw = await openSocketIo(server.url);
    const create = '["create",{"workspace":{},"attendee":{}}]';
    for (let count = 500; count <= workspaces; count += 500) {
      for (let n = 1; n < 500; n += 1) raw.write(frame({ payload: `42${create}` }));
      raw.write(frame({ payload: `42${count}${create}` }));
      expect(await raw.has(`43${count}[{"ok":true`)).toBe(true);
    }
    raw.end();
    // Its seats end one grace time later; those are over when a later one is.
    const owner = await createWorkspace(server);
    const guest = await server.connect();
    await guest.must('attend', { workspace: { token: owner.token }, attendee: {} });
    guest.close();
    await owner.client.notice('leave');
  });
});

it('Packets by the hundred thousand in one request hardly delay anybody', { timeout: patience(3) }, async () => {
  const server = await serve();
  const packets = ['42[1]', '421[1]', '421["create",{}]', '40/a,', '3'];
  await expectSmallImpact(server, 'requests full of small packets', 250, async () => {
    for (const packet of packets) {
      for (let round = 0; round < atSoak(1, 5); round += 1) {
        const polling = await openPolling(server.url);
        await polling.post('40');
        await polling.post(full(packet));
      }
    }
  });
});

it('Commands of full size that wait behind PIN checks wait where they take no memory', {
  timeout: patience(3),
}, async () => {
  const server = await serve({ BCRYPT_COST: '8', CREATES_PER_MINUTE: '1000000' });
  const payload = { workspace: { pin: 'p'.repeat(60_000) }, attendee: {} };
  const create = (ack = '') => frame({ payload: `42${ack}${JSON.stringify(['create', payload])}` });
  const [silent, asking] = [create(), create('20')];
  await expectSmallImpact(server, '150 MB of commands behind PIN checks, from 5 connections', 100, async () => {
    const raws = await Promise.all(Array.from({ length: 5 }, () => openSocketIo(server.url)));
    for (const raw of raws) {
      for (let n = 1; n <= 500; n += 1) raw.write(n === 20 ? asking : silent);
    }
    for (const raw of raws) expect(await raw.has('4320[{"ok":true')).toBe(true);
    for (const raw of raws) raw.end();
  });
});

it('Messages that never become whole, from hundreds of connections, take no more than some of them may', {
  timeout: patience(3),
}, async () => {
  const server = await serve();
  const large = Buffer.alloc(FULL_REQUEST - 1000, '4');
  await expectSmallImpact(server, 'a megabyte of an unfinished message, from 300 connections', 150, async () => {
    const all = Array.from({ length: 300 }, async () => {
      const raw = await openSocketIo(server.url);
      raw.write(frame({ payload: large, fin: false }));
      raw.write(frame({ payload: 'all read', opcode: 9 }));
      return raw.has('all read');
    });
    const areHeld = await Promise.all(all);
    expect(areHeld.filter(Boolean).length).toBeLessThan(100);
  });
});
