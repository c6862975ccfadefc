import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyFolder, run } from '../support/built-server.ts';
import { attend, Client, connectCall, createWorkspace, type Owner, reattend, type Seat } from '../support/fixtures.ts';
import { storedIn } from '../support/stored.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
/** A server and its clients are back before the warning, also on a busy machine. */
const LIMIT_MS = 5 * SECOND;
const call = { id: 'call-1' };

/** Has a program of Node believe that it is so much later from its start on, and at each SIGUSR2 as much again. */
function clockAhead(ms: number): Record<string, string> {
  const module = `
    const { now } = Date;
    let offset = ${ms};
    Date.now = () => now() + offset;
    process.on('SIGUSR2', () => {
      offset += ${ms};
      process.stdout.write('The clock was set.\\n');
    });
  `;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(module)}` };
}

/** A JSON server with a limit of calls, which can be killed and started again. */
async function limited(settings: Record<string, string> = {}) {
  const folder = await emptyFolder();
  const file = join(folder, 'rooms.json');
  const begin = async (env: Record<string, string> = {}) => {
    const server = run(folder, {
      env: {
        PORT: '0',
        BCRYPT_COST: '4',
        USERS: '',
        JSON_STORAGE_FILE: file,
        MAX_CALL_MINUTES: String(LIMIT_MS / 60_000),
        CALL_WARNING_SECONDS: '1',
        ...settings,
        ...env,
      },
    });
    const url = await server.listening();
    const kill = async () => {
      server.kill('SIGKILL');
      await server.ended;
    };
    return { server, kill, connect: (options = {}) => Client.connect(url, options) };
  };
  return { begin, file };
}

async function onCall(server: Awaited<ReturnType<Awaited<ReturnType<typeof limited>>['begin']>>) {
  const owner = await createWorkspace(server);
  const bob = await attend(server, owner);
  await connectCall(owner, bob, call);
  return { owner, bob };
}

/** The call as somebody sees it who comes back. */
async function callOf({ client, proof }: Seat) {
  const { workspace, serverNow } = await client.must('re-attend', { ...proof });
  return workspace.call && { ...workspace.call, serverNow };
}

async function endsAtOf(file: string, { workspaceId }: Owner) {
  return (await storedIn(file))[workspaceId]?.call?.endsAt ?? 0;
}

describe('The limit of a call', () => {
  it('is the same after a kill -9 in the midst of the call, and warnings come', async () => {
    const { begin, file } = await limited();
    const first = await begin();
    const { owner, bob } = await onCall(first);
    const endsAt = await endsAtOf(file, owner);
    await first.kill();
    const again = await begin();
    const [ada, ben] = [await reattend(again, owner), await reattend(again, bob)];
    expect(await callOf(ada)).toMatchObject({ connectedAt: endsAt - LIMIT_MS, endsAt });
    expect(await ben.client.notice('call-ending')).toMatchObject({ call, endsAt });
    for (const { client } of [ada, ben]) {
      expect(await client.notice('hangup')).toMatchObject({ attendee: { id: owner.id }, call, reason: 'time-limit' });
      expect(Date.now()).toBeGreaterThanOrEqual(endsAt - 100);
      expect(Date.now()).toBeLessThan(endsAt + SECOND);
    }
  });

  it('ends the call at the start of a server that was down when its time was over, and bills no more', async () => {
    const { begin, file } = await limited();
    const first = await begin();
    const { owner } = await onCall(first);
    await first.kill();
    const again = await begin(clockAhead(HOUR));
    expect(await callOf(await reattend(again, owner))).toBeNull();
    await expect.poll(async () => (await storedIn(file))[owner.workspaceId]?.callUsedMs).toBe(LIMIT_MS);
  });

  it('gives nobody more time after a restart with a clock that went back', async () => {
    const { begin } = await limited();
    const first = await begin();
    const { owner } = await onCall(first);
    await first.kill();
    const again = await begin(clockAhead(-HOUR));
    const back = await reattend(again, owner);
    const seen = await callOf(back);
    const left = (seen?.endsAt ?? Number.NaN) - (seen?.serverNow ?? 0);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(LIMIT_MS);
    const since = performance.now();
    expect(await back.client.notice('hangup')).toMatchObject({ reason: 'time-limit' });
    expect(performance.now() - since).toBeLessThan(left + SECOND);
  });

  it('does not notice that the clock is set while the server runs', async () => {
    const { begin } = await limited();
    const running = await begin(clockAhead(HOUR));
    const { owner, bob } = await onCall(running);
    const since = performance.now();
    running.server.kill('SIGUSR2');
    await running.server.printed(/The clock was set/);
    const { workspace } = await owner.client.must('re-attend', { ...owner.proof });
    expect(workspace.call).not.toBeNull();
    expect(await bob.client.notice('hangup')).toMatchObject({ reason: 'time-limit' });
    const lasted = performance.now() - since;
    expect(lasted).toBeGreaterThan(LIMIT_MS - 500);
    expect(lasted).toBeLessThan(LIMIT_MS + SECOND);
  });
});
