import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { writeTogether } from '../../../src/server/transport/joint-writes.ts';
import { openWebSocket } from '../../faults/raw-connections.ts';
import { frame } from '../../faults/websocket.ts';
import { createWorkspace, startServer } from '../../support/fixtures.ts';

/** A connection that remembers what it wrote at a time. */
function recorder() {
  const writes: string[] = [];
  const tcp = new Duplex({
    read() {},
    write: (chunk, _, done) => {
      writes.push(String(chunk));
      done();
    },
    writev: (chunks, done) => {
      writes.push(chunks.map(({ chunk }) => String(chunk)).join(''));
      done();
    },
  });
  return { tcp, writes };
}

it('What is written in one callback of the event loop leaves in one write, the rest in the next', async () => {
  const { tcp, writes } = recorder();
  writeTogether(tcp);
  tcp.write('a');
  writeTogether(tcp);
  tcp.write('b');
  await Promise.resolve();
  tcp.write('c');
  expect(writes).toEqual([]);
  await setImmediate();
  expect(writes).toEqual(['abc']);
  tcp.write('d');
  expect(writes).toEqual(['abc', 'd']);
});

it('The answer to somebody who comes back and the ICE servers behind it leave in one write', async () => {
  const server = await startServer();
  const owner = await createWorkspace(server);
  const raw = await openWebSocket(server.url);
  raw.write(frame({ payload: '40' }));
  await raw.has('40{');
  const reads: string[] = [];
  raw.socket.on('data', (bytes) => reads.push(bytes.toString('latin1')));
  raw.write(frame({ payload: `420${JSON.stringify(['re-attend', owner.proof])}` }));
  await raw.has('42["iceservers"');
  const [first = ''] = reads.filter((text) => text.includes('430['));
  expect(first).toContain('42["iceservers"');
});
