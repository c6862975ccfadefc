import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPins, type PinOptions } from '../../../src/server/auth/pins.ts';

const options: PinOptions = { salt: 'salt', delimiter: '_', cost: 4, atOnce: 2, waiting: 100 };

function pinsOf(some: Partial<PinOptions> = {}) {
  const pins = createPins({ ...options, ...some });
  onTestFinished(() => pins.close());
  return pins;
}

const guess = { may: async () => null };

/** How many threads of this process give way to its main thread. */
function givingWay(): number {
  const nices = readdirSync('/proc/self/task').map((thread) => {
    const [, fields = ''] = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(') ');
    return Number(fields.split(' ')[16]);
  });
  return nices.filter((nice) => nice > getPriority()).length;
}

describe('PINs', () => {
  it('open what they were kept for, and nothing where there is nothing', async () => {
    const pins = pinsOf();
    const hash = await pins.hash('room', '1234');
    if (typeof hash !== 'string') throw new Error('refused');
    expect(await pins.check('room', '1234', hash, guess)).toBe(true);
    expect(await pins.check('room', '4321', hash, guess)).toBe(false);
    expect(await pins.check('another', '1234', hash, guess)).toBe(false);
    expect(await pins.check('room', '1234', null, guess)).toBe(false);
  });

  // Nobody tells the priority of a thread elsewhere, and nothing sets it there.
  it.skipIf(process.platform !== 'linux')(
    'are computed by threads that give way, which begin with the first PIN and end with the server',
    async () => {
      const pins = pinsOf();
      expect(givingWay()).toBe(0);
      await pins.hash('room', '1234');
      expect(givingWay()).toBe(1);
      await Promise.all(Array.from({ length: 10 }, (_, n) => pins.hash('room', `${n}`)));
      expect(givingWay()).toBe(options.atOnce);
      await pins.close();
      expect(givingWay()).toBe(0);
    },
  );

  it('fail when their thread dies, and the next ones get another thread', async () => {
    const pins = pinsOf();
    const noHash = 4711 as unknown as string;
    const dying = Array.from({ length: 5 }, () => pins.check('room', '1234', noHash, guess));
    for (const each of await Promise.allSettled(dying)) expect(each.status).toBe('rejected');
    expect(await pins.hash('room', '1234')).toMatch(/^\$2b\$/);
  });

  it('that are being looked at when the server stops are looked at to their end, and those that wait are not', async () => {
    const pins = pinsOf({ cost: 10 });
    const looked = Array.from({ length: 6 }, () => pins.hash('room', '1234'));
    await new Promise(setImmediate);
    await pins.close();
    const results = await Promise.all(looked);
    expect(results.filter((result) => typeof result === 'string')).toHaveLength(options.atOnce);
    expect(await pins.hash('room', '1234')).toMatchObject({ refused: 'BUSY_TRY_AGAIN' });
  });

  it.each([
    ['from its sources', ['--import', 'tsx'], '../../../src/server/auth/pins.ts'],
    ['built', [], '../../../dist/src/server/auth/pins.js'],
  ])('keep a process that runs %s alive until they are computed, and no longer', async (_, flags, module) => {
    const program = `
      import { createPins } from ${JSON.stringify(new URL(module, import.meta.url).href)};
      console.log(await createPins(${JSON.stringify(options)}).hash('room', '1234'));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, '--input-type=module', '-e', program], {
      timeout: 30_000,
    });
    expect(stdout).toMatch(/^\$2b\$04\$/);
  });
});
