import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { skipsRedis, startRedis } from '../server/redis/redis-server.ts';
import { emptyFolder, refusal, run, secrets } from '../support/built-server.ts';
import { attend, candidate, createWorkspace } from '../support/fixtures.ts';
import { freePort } from '../support/free-port.ts';
import { startLocalCluster } from './cluster.ts';
import { expectNoSecrets, redisPassword } from './log-secrets.ts';

/** So long does a start wait for Redis, and then it takes the processor to start ten of them, ms. */
const PATIENCE_MS = 20_000;

/** The sentence of a node that ends at once because of this Redis. */
async function saidOf(redisUrl: string, env: Record<string, string> = {}): Promise<string> {
  const begun = performance.now();
  const node = run(await emptyFolder(), {
    env: { PORT: '0', ...secrets, STORE: 'redis', REDIS_URL: redisUrl, LOG_LEVEL: 'trace', ...env },
  });
  const sentence = await refusal(node);
  expect(performance.now() - begun).toBeLessThan(PATIENCE_MS);
  expectNoSecrets(sentence);
  expectNoSecrets(node.output.stdout);
  return sentence;
}

/** Something that listens where a Redis should. @param onQuestion what it does with what it is sent */
async function pretend(onQuestion: (socket: Socket, question: string) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('data', (bytes) => onQuestion(socket, bytes.toString()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}/0`;
}

/** Redis before version 7, as far as a start can tell. */
function answerAsOld(socket: Socket, question: string): void {
  const info = 'redis_version:6.2.14\r\nloading:0\r\n';
  const answers: Record<string, string> = {
    hello: '-NOPROTO unsupported protocol version\r\n',
    info: `$${info.length}\r\n${info}\r\n`,
  };
  for (const command of question.toLowerCase().match(/\b(hello|client|info|select|ping)\b/g) ?? []) {
    socket.write(answers[command] ?? '+OK\r\n');
  }
}

describe.skipIf(skipsRedis())('A node', () => {
  it('talks with Redis over TLS, with a password, where it was told the authority', async () => {
    const redis = await startRedis({ tls: true, password: redisPassword });
    const cluster = await startLocalCluster({ nodes: 2, redis, env: { LOG_LEVEL: 'trace' } });
    const owner = await createWorkspace(cluster);
    const bob = await attend(cluster, owner);
    await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    await bob.client.notice('icecandidate');
    await redis.kill();
    await redis.start();
    const stranger = await cluster.connect();
    const create = { workspace: {}, attendee: {} };
    await expect.poll(async () => (await stranger.ask('create', create)).ok, { timeout: 5000 }).toBe(true);
    for (const { output } of cluster.nodes) expectNoSecrets(output.stdout);
  });

  it('does not start where it is refused by Redis, or finds none that will do, and says why in one sentence', async () => {
    const [closed, encrypted] = await Promise.all([
      startRedis({ password: redisPassword }),
      startRedis({ tls: true, password: redisPassword }),
    ]);
    const nowhere = `:${redisPassword}@127.0.0.1:${await freePort()}`;
    const unreachable = (why = '.+') =>
      new RegExp(`^Redis cannot be reached \\(${why}\\)\\. Check REDIS_URL, and that it runs\\.`);
    const notLetIn = (why: string) =>
      new RegExp(`^Redis lets this server not in \\(${why} .+\\)\\. Check the name and the password in REDIS_URL\\.`);
    // Each of them waits for a while, so all of them do at once.
    const starts: [url: string, said: RegExp, env?: Record<string, string>][] = [
      [encrypted.url, unreachable('.*certificate.*')],
      [encrypted.url, /REDIS_CA/, { REDIS_CA: '/nowhere.pem' }],
      [closed.url.replace(redisPassword, 'wrong'), notLetIn('WRONGPASS')],
      [closed.url.replace(`:${redisPassword}@`, ''), notLetIn('NOAUTH')],
      [closed.url.replace(/0$/, '99'), /^Redis has no database 99, which REDIS_URL names\./],
      [`redis://${nowhere}`, unreachable('.*ECONNREFUSED.*')],
      [`redis+cluster://${nowhere}`, unreachable()],
      [`redis+sentinel://${nowhere}/mesh`, unreachable()],
      [await pretend(() => {}), unreachable()],
      [await pretend(answerAsOld), /^Redis 6\.2\.14 is too old\. It must be 7 or newer\./],
    ];
    const sentences = await Promise.all(starts.map(([url, , env]) => saidOf(url, env)));
    for (const [index, [, said]] of starts.entries()) expect(sentences[index]).toMatch(said);
  });
});
