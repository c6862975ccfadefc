import { expect, it, vi } from 'vitest';
import { emptyFolder, run } from '../support/built-server.ts';
import { attend, Client, candidate, connectCall, createWorkspace, offer, reattend } from '../support/fixtures.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const STEPS = [-10 * SECOND, -48 * HOUR, 96 * HOUR];

/** Sets the clock of a program of Node anew at each SIGUSR2: the time of day alone, and not what counts durations. */
const clock = `
  const { now } = Date;
  const steps = ${JSON.stringify(STEPS)};
  let offset = 0;
  Date.now = () => now() + offset;
  process.on('SIGUSR2', () => {
    offset += steps.shift();
    process.stdout.write('The clock was set, ' + steps.length + ' steps are left.\\n');
  });
`;

it('When the clock of the machine is set, back or forward, nobody who is connected notices', async () => {
  const built = run(await emptyFolder(), {
    env: {
      PORT: '0',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(clock)}`,
      COMMANDS_PER_SECOND: '100',
      BCRYPT_COST: '4',
      SEAT_GRACE_SECONDS: '0.4',
      RING_TIMEOUT_SECONDS: '0.4',
      PIN_ATTEMPTS: '2',
      PIN_LOCKOUT_SECONDS: '1',
    },
  });
  const url = await built.listening();
  const server = { connect: (options = {}) => Client.connect(url, options) };
  for (const [index, step] of STEPS.entries()) {
    const owner = await createWorkspace(server, { pin: '1234' });
    const bob = await attend(server, owner, { pin: '1234' });
    const eve = await attend(server, owner, { pin: '1234' });
    const guest = await server.connect();
    const guess = (pin: string) =>
      guest.askRaw('attend', { workspace: { token: owner.token, pin }, attendee: {} }) as Promise<{ ok: boolean }>;
    for (let n = 0; n < 2; n += 1) expect(await guess('0')).toMatchObject({ error: { code: 'WRONG_PIN' } });
    await connectCall(owner, bob);

    built.kill('SIGUSR2');
    await built.printed(new RegExp(`set, ${STEPS.length - 1 - index} steps`));

    // Relays arrive, and commands are no more limited than before.
    for (let n = 0; n < 60; n += 1) {
      owner.client.send('icecandidate', { ...owner.to(bob), candidate: { ...candidate, sdpMid: String(n) } });
    }
    await bob.client.notice('icecandidate', ({ candidate: { sdpMid } }) => sdpMid === '59');
    await owner.client.must('mic-toggle', { ...owner.proof, state: false });
    // A lock-out that began before lasts as long as it should, and so do links and tokens, rings and grace times.
    expect(await guess('1234'), `${step}`).toMatchObject({ error: { code: 'LOCKED_OUT', retryAfter: 1 } });
    const unlocked = vi.waitFor(async () => expect(await guess('1234')).toMatchObject({ ok: true }), {
      timeout: 4 * SECOND,
      interval: 200,
    });
    await owner.client.must('ring', { ...owner.proof, callee: { id: eve.id }, offer, call: { id: 'call-1' } });
    const again = await reattend(server, bob);
    again.client.close();
    await Promise.all([
      unlocked,
      eve.client.notice('unanswered'),
      owner.client.notice('leave', ({ id }) => id === bob.id),
    ]);
  }
});
