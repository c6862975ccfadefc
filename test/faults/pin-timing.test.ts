import { expect, it } from 'vitest';
import { codeOf } from '../protocol/every-command.ts';
import { type Client, createWorkspace } from '../support/fixtures.ts';
import { serve } from './serve.ts';
import { atSoak, figure, patience } from './soak.ts';

/** More guesses than these tests make. */
const unlimited = {
  PIN_ATTEMPTS: '1000',
  PIN_ATTEMPTS_PER_HOUR: '100000',
  BROKEN_LINKS_PER_MINUTE: '1000000',
};

/** In ms, sorted. */
type Times = number[];

async function timed(client: Client, workspace: { token: string; pin: string }, code: string): Promise<number> {
  const begin = performance.now();
  const reply = await client.ask('attend', { workspace, attendee: {} });
  const time = performance.now() - begin;
  expect(codeOf(reply)).toBe(code);
  return time;
}

const median = (times: Times): number => times[Math.floor(times.length / 2)] ?? 0;

/** How far the middle half of the times is spread. */
const spread = (times: Times): number =>
  (times[Math.floor(times.length * 0.75)] ?? 0) - (times[Math.floor(times.length * 0.25)] ?? 0);

/**
 * How likely it is that one of these takes longer than one of those (Mann and Whitney's U, as a share): 0.5 when the
 * clock tells nothing, 0 or 1 when it tells everything.
 */
function likelihoodOfLonger(these: Times, those: Times): number {
  let longer = 0;
  for (const one of these) for (const other of those) longer += one > other ? 1 : one === other ? 0.5 : 0;
  return longer / (these.length * those.length);
}

it.each(['memory', 'a file'])(
  'The clock does not tell a wrong PIN from a link to nothing, with workspaces in %s',
  {
    timeout: patience(10),
  },
  async (where) => {
    const rounds = atSoak(12, 200);
    const server = await serve({
      ...unlimited,
      BCRYPT_COST: '10',
      JSON_STORAGE_FILE: where === 'memory' ? '' : 'rooms',
    });
    const there = await createWorkspace(server, { pin: '1234' });
    const gone = await createWorkspace(server, { pin: '1234' });
    await gone.client.must('destroy', gone.proof);
    const broken = `${there.token.slice(0, -6)}AAAAAA`;
    const stranger = await server.connect();
    const kinds = [
      { kind: 'a wrong PIN', workspace: { token: there.token, pin: '0000' }, code: 'WRONG_PIN', times: [] as Times },
      {
        kind: 'a workspace that is gone',
        workspace: { token: gone.token, pin: '1234' },
        code: 'WORKSPACE_GONE',
        times: [] as Times,
      },
      { kind: 'a broken link', workspace: { token: broken, pin: '1234' }, code: 'INVALID_TOKEN', times: [] as Times },
    ];
    // One after the other, in turns: what else the machine does falls on all of them alike.
    for (let round = 0; round < rounds; round += 1) {
      for (const { workspace, code, times } of kinds) times.push(await timed(stranger, workspace, code));
    }
    for (const { times } of kinds) times.sort((a, b) => a - b);
    const [wrongPin, ...others] = kinds.map(({ kind, times }) => ({ kind, times }));
    if (!wrongPin) throw new Error('nothing was measured');
    for (const { kind, times } of others) {
      const likelihood = likelihoodOfLonger(wrongPin.times, times);
      const difference = Math.abs(median(wrongPin.times) - median(times));
      // Of a few samples the medians differ more by chance, and so does the likelihood; without bcrypt on both sides the
      // former would differ by all of it, and the latter be 0 or 1.
      const most = atSoak(2, 1) * Math.max(spread(wrongPin.times), spread(times), 0.05 * median(times));
      figure(
        `with workspaces in ${where}, a wrong PIN takes ${median(wrongPin.times).toFixed(2)} ms and ${kind} ` +
          `${median(times).toFixed(2)} ms (medians of ${rounds}, spread ${spread(wrongPin.times).toFixed(2)} ms); ` +
          `the first takes longer ${(likelihood * 100).toFixed(0)} times of 100`,
      );
      expect(difference, kind).toBeLessThan(most);
      expect(Math.abs(likelihood - 0.5), kind).toBeLessThan(atSoak(0.45, 0.15));
    }
  },
);
