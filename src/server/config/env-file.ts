import { closeSync, lstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import dotenv from 'dotenv';
import { ConfigError } from './environment.ts';

/** No .env is larger than this, bytes. A log or a disk image that somebody gave its name must not fill the memory. */
const LARGEST = 1_048_576;

/**
 * Reads a file of lines `NAME=value`, encoded in UTF-8. Without that file there is nothing to read; but a file that is there and
 * cannot be used must not be taken for none: the server would start in DEVELOPMENT.
 * @throws ConfigError that names the file and its problem, and repeats nothing of its content
 */
export function readEnvFile(file: string): Record<string, string> {
  const whole = path.resolve(file);
  if (lstatSync(whole, { throwIfNoEntry: false }) === undefined) return {};
  const text = decode(whole, bytesOf(whole));
  const values = dotenv.parse(text);
  if (Object.keys(values).length > 0 || !/^\s*[^#\s]/m.test(text)) return values;
  throw unusable(whole, 'holds no line of the form NAME=value');
}

function bytesOf(file: string): Buffer {
  let length = 0;
  const bytes = Buffer.alloc(LARGEST + 1);
  try {
    const descriptor = openSync(file, 'r');
    try {
      // A pipe gives its content in pieces.
      for (let read = -1; read !== 0 && length < bytes.length; length += read) {
        read = readSync(descriptor, bytes, length, bytes.length - length, null);
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw unusable(file, readProblem(error as NodeJS.ErrnoException));
  }
  if (length > LARGEST) throw unusable(file, `is larger than ${LARGEST} bytes`);
  return bytes.subarray(0, length);
}

function readProblem({ code }: NodeJS.ErrnoException): string {
  if (code === 'EISDIR') return 'is a folder';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by the user that runs the server';
  if (code === 'ENOENT') return 'is a link to a file that is not there';
  return `cannot be read (${code})`;
}

/** PowerShell 5 and old editors of Windows write UTF-16, with a byte order mark or without. */
function decode(file: string, bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff' || isUtf16(bytes)) throw unusable(file, 'is in UTF-16');
  if (bytes.includes(0)) throw unusable(file, 'holds NUL bytes, so it is no text');
  try {
    // It leaves out the byte order mark of UTF-8.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unusable(file, `is not in UTF-8: look at line ${firstWrongLine(bytes)}`);
  }
}

/** Whether nearly each second byte is NUL, as in English text encoded in UTF-16. */
function isUtf16(bytes: Buffer): boolean {
  const nuls = [0, 0];
  for (const [index, byte] of bytes.entries()) if (byte === 0) nuls[index % 2] = (nuls[index % 2] ?? 0) + 1;
  return Math.max(...nuls) > bytes.length * 0.3 && Math.min(...nuls) < bytes.length * 0.1;
}

function firstWrongLine(bytes: Buffer): number {
  const isWrong = (line: string) => line.includes('\uFFFD');
  return (
    bytes
      .toString('utf8')
      .split(/\r\n|\r|\n/)
      .findIndex(isWrong) + 1
  );
}

function unusable(file: string, problem: string): ConfigError {
  return new ConfigError(
    `${file} ${problem}. Save it as UTF-8 text with a line NAME=value for each setting, or remove it.`,
  );
}
