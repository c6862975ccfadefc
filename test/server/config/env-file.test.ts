import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readEnvFile } from '../../../src/server/config/env-file.ts';
import { ConfigError } from '../../../src/server/config/environment.ts';
import { emptyFolder } from '../../support/built-server.ts';

const secret = 'the-secret-of-the-file';
const text = `# Straße\nMAGICK_TOKEN=${secret}\n`;

async function file(content: string | Uint8Array): Promise<string> {
  const path = join(await emptyFolder(), '.env');
  await writeFile(path, content);
  return path;
}

function refusal(path: string): string {
  try {
    readEnvFile(path);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as ConfigError;
    expect(message.startsWith(`${path} `)).toBe(true);
    expect(message).not.toContain(secret);
    return message;
  }
  throw new Error('it was not refused');
}

const mark = '\uFEFF';
const swapped = (bytes: Buffer) => Buffer.from(bytes).swap16();

it.each([
  ['UTF-8', text],
  ['UTF-8 with a byte order mark', mark + text],
  ['lines that end as on Windows', text.replaceAll('\n', '\r\n')],
  ['export before the name', `export MAGICK_TOKEN='${secret}'`],
])('A file in %s is read', async (_, content) => {
  expect(readEnvFile(await file(content))).toEqual({ MAGICK_TOKEN: secret });
});

it.each([
  ['nothing', ''],
  ['a byte order mark', mark],
  ['comments', '# PORT=1\n\n  # HOST=a\n'],
])('A file with %s alone says nothing', async (_, content) => {
  expect(readEnvFile(await file(content))).toEqual({});
});

it('No file says nothing', async () => {
  expect(readEnvFile(join(await emptyFolder(), '.env'))).toEqual({});
});

it.each([
  ['is in UTF-16', 'UTF-16 LE with a mark', Buffer.from(mark + text, 'utf16le')],
  ['is in UTF-16', 'UTF-16 BE with a mark', swapped(Buffer.from(mark + text, 'utf16le'))],
  ['is in UTF-16', 'UTF-16 LE without one', Buffer.from(text, 'utf16le')],
  ['is in UTF-16', 'UTF-16 BE without one', swapped(Buffer.from(text, 'utf16le'))],
  ['is in UTF-16', 'a mark of UTF-16 alone', Buffer.from(mark, 'utf16le')],
  ['holds NUL bytes', 'a NUL byte', `${text}PORT=80\0\n`],
  ['holds NUL bytes', 'NUL bytes alone', Buffer.alloc(4096)],
  ['is not in UTF-8: look at line 1', 'Latin-1', Buffer.from(text, 'latin1')],
  [
    'is not in UTF-8: look at line 2',
    'Latin-1 in a value',
    Buffer.from(`PORT=1\r\nUNTITLED_WORKSPACE=Stra\xDFe\r\n`, 'latin1'),
  ],
  ['is larger than 1048576 bytes', 'too much', `${text}#${'x'.repeat(1_048_576)}`],
  ['holds no line of the form NAME=value', 'no setting', `<html>${secret}</html>`],
  ['holds no line of the form NAME=value', 'a command', `set-content ${secret}`],
])('A file %s, and so is refused: %s', async (problem, _, content) => {
  expect(refusal(await file(content))).toContain(problem);
});

it('A folder, a link that leads nowhere and a link to itself are refused', async () => {
  const folder = await emptyFolder();
  const at = (name: string) => join(folder, name);
  await mkdir(at('folder'));
  await symlink(at('missing'), at('dangling'));
  await symlink(at('loop'), at('loop'));
  expect(refusal(at('folder'))).toContain('is a folder');
  expect(refusal(at('dangling'))).toContain('is a link to a file that is not there');
  expect(refusal(at('loop'))).toContain('cannot be read (ELOOP)');
});
