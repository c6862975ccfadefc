import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { minuteLimit } from '../../../src/server/auth/minute-limit.ts';
import { boundedCounters } from '../../../src/server/collections/counters.ts';
import type { Records } from '../../../src/server/records/records.ts';
import { OpenDirectory } from '../../../src/server/users/open-directory.ts';
import type { Identity } from '../../../src/server/users/users.ts';
import { open } from '../records/open.ts';

const MINUTE = 60_000;

/** Servers that keep a directory in the same records, with a clock that the test sets. */
async function directories() {
  const clock = { now: 1_900_000_000_000 };
  const now = () => clock.now;
  const records = await open({ kind: 'sqlite', file: null }, { now });
  const start = (namesPerMinute = 1000) => {
    const directory = new OpenDirectory({
      registrations: records.registrations,
      heldMs: 10 * MINUTE,
      limitNames: minuteLimit(
        { name: 'names', limit: 'names_per_minute', perMinute: namesPerMinute },
        boundedCounters(now),
        now,
      ),
      now,
      log: pino({ level: 'silent' }),
    });
    onTestFinished(() => directory.close());
    return directory;
  };
  return { clock, records, start };
}

async function take(directory: OpenDirectory, name: string, registration?: string): Promise<Identity> {
  const identity = await directory.identify({ name, registration }, 'address');
  if ('refused' in identity) throw new Error(identity.refused);
  return identity;
}

async function codeOf(directory: OpenDirectory, name: string, registration?: string): Promise<string | null> {
  const identity = await directory.identify({ name, registration }, 'address');
  return 'refused' in identity ? identity.refused : null;
}

/** Waits until a name is held until this time. */
async function heldUntil({ registrations }: Records, nameKey: string, time: number): Promise<void> {
  await expect.poll(async () => (await registrations.find(nameKey))?.heldUntil).toBe(time);
}

describe('A name of the open directory', () => {
  it('belongs to its registration, on every connection and after a restart, and to nobody else', async () => {
    const { start } = await directories();
    const directory = start();
    const { user, registration, expiresAt } = await take(directory, 'Zoë');
    expect(user).toMatchObject({ id: 'zoë', name: 'Zoë', avatar: null, workspace: null });
    expect(registration).toMatch(/^[\w-]{43}$/);
    expect(expiresAt).toBeNull();
    for (const [name, other] of [
      ['Zoë', undefined],
      ['ZOË', undefined],
      ['Zoe\u0308', 'x'.repeat(43)],
      [' zo\u200bë', ''],
    ] as const) {
      expect(await codeOf(directory, name, other)).toBe('NAME_TAKEN');
    }
    expect(await take(directory, 'Zoë', registration)).toMatchObject({ registration });
    const restarted = start();
    expect(await codeOf(restarted, 'zoë')).toBe('NAME_TAKEN');
    expect(await take(restarted, 'ZOË', registration)).toMatchObject({
      user: { id: 'zoë', name: 'ZOË' },
      registration,
    });
  });

  it('stays with a connected holder, however long, and is free a while after the last connection went', async () => {
    const { clock, records, start } = await directories();
    const directory = start();
    const { registration } = await take(directory, 'Bob');
    directory.onHere('bob');
    clock.now += 9 * MINUTE;
    await take(directory, 'Bob', registration);
    const held = async () => (await records.registrations.find('bob'))?.heldUntil ?? 0;
    await expect.poll(held).toBeGreaterThan(clock.now + 10 * MINUTE);

    clock.now += 5 * MINUTE;
    directory.onGone('bob');
    const went = clock.now;
    await heldUntil(records, 'bob', went + 10 * MINUTE);
    clock.now = went + 10 * MINUTE - 1;
    expect(await codeOf(directory, 'Bob')).toBe('NAME_TAKEN');
    expect(await directory.exists('bob')).toBe(true);
    clock.now = went + 10 * MINUTE;
    expect(await directory.exists('bob')).toBe(false);
    const { registration: another } = await take(directory, 'Bob');
    expect(another).not.toBe(registration);
    expect(await codeOf(directory, 'Bob', registration)).toBe('NAME_TAKEN');
  });

  it('comes back to its holder as long as nobody else has taken it', async () => {
    const { clock, start } = await directories();
    const directory = start();
    const { registration } = await take(directory, 'Bob');
    clock.now += 60 * MINUTE;
    expect(await take(directory, 'Bob', registration)).toMatchObject({ registration });
    expect(await codeOf(directory, 'Bob')).toBe('NAME_TAKEN');
  });

  it('is neither free at once nor held for ever when the server was killed', async () => {
    const { clock, start } = await directories();
    const killed = start();
    await take(killed, 'Bob');
    killed.onHere('bob');
    killed.close();
    const next = start();
    clock.now += 10 * MINUTE;
    expect(await codeOf(next, 'Bob')).toBe('NAME_TAKEN');
    clock.now += 3 * MINUTE;
    expect(await codeOf(next, 'Bob')).toBeNull();
  });

  it('stays with a holder who has connections at two servers, until both are gone', async () => {
    const { clock, records, start } = await directories();
    const [one, other] = [start(), start()];
    const { registration } = await take(one, 'Bob');
    one.onHere('bob');
    await take(other, 'Bob', registration);
    other.onHere('bob');
    one.onGone('bob');
    await heldUntil(records, 'bob', clock.now + 10 * MINUTE);
    clock.now += 9 * MINUTE;
    await take(other, 'Bob', registration);
    await expect
      .poll(async () => (await records.registrations.find('bob'))?.heldUntil ?? 0)
      .toBeGreaterThan(clock.now + 10 * MINUTE);
  });

  it('must have something in it that people can see, and no more than 255 characters when it is written out', async () => {
    const { start } = await directories();
    const directory = start();
    for (const name of ['\u200b', '\u3164', '\ufdfa'.repeat(20)]) {
      expect(await directory.identify({ name }, 'address')).toMatchObject({
        refused: 'INVALID_PAYLOAD',
        details: { field: 'name' },
      });
    }
    expect(await directory.identify({ userToken: 'x' }, 'address')).toMatchObject({ refused: 'NOT_ALLOWED' });
  });

  it('is one of a number that one address may take in a minute; taking names again costs nothing', async () => {
    const { clock, start } = await directories();
    const directory = start(2);
    const { registration } = await take(directory, 'a');
    await take(directory, 'b');
    expect(await directory.identify({ name: 'c' }, 'address')).toMatchObject({
      refused: 'RATE_LIMITED',
      details: { retryAfter: 60 },
    });
    await take(directory, 'a', registration);
    expect(await directory.identify({ name: 'c' }, 'elsewhere')).toMatchObject({ user: { id: 'c' } });
    clock.now += MINUTE;
    await take(directory, 'd');
  });

  it('keeps only a hash of the registration', async () => {
    const { records, start } = await directories();
    const { registration = '' } = await take(start(), 'Bob');
    const rows = await records.query((db) => db.selectFrom('registrations').selectAll().execute());
    expect(JSON.stringify(rows)).not.toContain(registration);
  });
});
