import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { newSecret, signatureHeaders } from '../../../src/server/webhooks/signature.ts';

const guide = readFileSync(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8');
const blockIn = (language: string) => new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(guide)?.[1] ?? '';

/** What each language adds to the lines of the guide: it reads cases from stdin, and prints what the function says of each. */
const languages = {
  python: {
    program: 'python3',
    flag: '-c',
    code: `${blockIn('python')}
import json, sys
print(json.dumps([is_genuine(case["headers"], case["body"].encode(), case["secret"]) for case in json.load(sys.stdin)]))`,
  },
  php: {
    program: 'php',
    flag: '-r',
    code: `${blockIn('php').replace('<?php', '')}
echo json_encode(array_map(function ($case) {
  $server = [];
  foreach ($case['headers'] as $name => $value) $server['HTTP_' . strtoupper(strtr($name, '-', '_'))] = $value;
  return is_genuine($server, $case['body'], $case['secret']);
}, json_decode(stream_get_contents(STDIN), true)));`,
  },
};

const isThere = (program: string) => spawnSync(program, ['--version']).status === 0 || process.env.CI === 'true';

for (const [language, { program, flag, code }] of Object.entries(languages)) {
  it.skipIf(!isThere(program))(`docs/webhooks.md verifies in ten lines of ${language}`, () => {
    const lines = blockIn(language)
      .trim()
      .split('\n')
      .filter((line) => line !== '' && line !== '<?php' && line !== '}');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(10);

    const [secret, former, other] = [newSecret(), newSecret(), newSecret()];
    const body = '{"type":"call.ended","data":{"name":"née 🦀"}}';
    const sign = (secrets: string[], sentAt = Date.now()) => ({
      ...signatureHeaders({ id: 'evt_1', sentAt, body }, secrets),
    });
    const cases = [
      { expected: true, headers: sign([secret]), body, secret },
      { expected: true, headers: sign([former, secret]), body, secret },
      { expected: false, headers: sign([other]), body, secret },
      { expected: false, headers: sign([secret]), body: `${body} `, secret },
      { expected: false, headers: sign([secret], Date.now() - 400_000), body, secret },
      { expected: false, headers: sign([secret], Date.now() + 400_000), body, secret },
      { expected: false, headers: { ...sign([secret]), 'webhook-timestamp': 'now' }, body, secret },
      { expected: false, headers: { ...sign([secret]), 'webhook-signature': 'v1,é' }, body, secret },
      { expected: false, headers: { 'webhook-id': 'evt_1' }, body, secret },
    ];
    const { stdout, stderr } = spawnSync(program, [flag, code], { input: JSON.stringify(cases), encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(cases.map(({ expected }) => expected));
  });
}
