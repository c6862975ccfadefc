import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import fileSettings from '../../../config.ts';
import { environmentSettings } from '../../../scripts/docs.ts';
import { type Limit, limits } from '../../../src/protocol/errors.ts';
import type { Settings } from '../../../src/server/config/settings.ts';

/** The settings that limit something, by their names. */
type LimitSetting = Extract<
  keyof Settings,
  `max_${string}` | `${string}_per_${'second' | 'minute' | 'hour' | 'address'}`
>;

/** Why a refusal by one of them is not counted. The compiler names a setting that is neither in `limits` nor here. */
const uncounted: Record<Exclude<LimitSetting, Limit>, string> = {
  max_call_minutes: 'It ends a call, and refuses nothing.',
  max_name_length: 'A longer one has a wrong form.',
  max_avatar_length: 'A longer one has a wrong form.',
  max_message_length: 'A longer one has a wrong form.',
};

it('Every limit that refuses is a setting, or a variable of the environment', () => {
  const names = [...Object.keys(fileSettings), ...environmentSettings().map(({ name }) => name.toLowerCase())];
  expect([...limits, ...Object.keys(uncounted)].filter((name) => !names.includes(name))).toEqual([]);
});

it('Every limit is named where the server refuses by it, so that the refusal is counted', () => {
  const root = new URL('../../../src/server/', import.meta.url);
  const code = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== 'config/settings.ts')
    .map((file) => readFileSync(new URL(file, root), 'utf8'))
    .join('\n');
  expect(limits.filter((name) => !code.includes(`'${name}'`))).toEqual([]);
});
