import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { download } from '../../src/page/recording/download.ts';
import { fileName } from '../../src/page/recording/file-name.ts';

const file = Buffer.from('The bytes of a recording, in their order.');
const half = 20;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Sends bytes of the file. @param until the connection breaks off when these have come */
function sends(status: number, from: number, until = file.length, etag = '"one"'): Answer {
  return (_, response) => {
    const headers = { 'Content-Length': file.length - from, 'Content-Type': 'video/webm', ETag: etag };
    response.writeHead(status, headers).write(file.subarray(from, until));
  };
}

const refuses =
  (status: number): Answer =>
  (_, response) =>
    response.writeHead(status).end();

/** Downloads from a server that answers in this way, one request after the other. */
async function downloaded(answers: readonly Answer[], signal = new AbortController().signal) {
  const requests: IncomingMessage['headers'][] = [];
  const responses: ServerResponse[] = [];
  const server = createServer((request, response) => {
    requests.push(request.headers);
    responses.push(response);
    answers[requests.length - 1]?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const progress: number[] = [];
  const result = await download({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    bytes: file.length,
    token: async (isOver) => (isOver ? 'fresh' : 'first'),
    onProgress: (received) => {
      progress.push(received);
      if (received === half) responses.at(-1)?.destroy();
    },
    signal,
  }).then(
    async (blob) => ({ type: blob.type, text: await blob.text() }),
    (error: Error) => error.name,
  );
  return { result, progress, requests };
}

const whole = { type: 'video/webm', text: file.toString() };

it('A download goes on where the connection broke off, and says how far it is', async () => {
  const { result, progress, requests } = await downloaded([sends(200, 0, half), sends(206, half)]);
  expect(result).toEqual(whole);
  expect(requests.map(({ range, authorization }) => [range, authorization])).toEqual([
    [undefined, 'Bearer first'],
    [`bytes=${half}-`, 'Bearer first'],
  ]);
  expect(requests[1]?.['if-range']).toBe('"one"');
  expect(progress.at(-1)).toBe(file.length);
});

it('A download begins anew where the file has changed, and waits for a server that is busy', async () => {
  const answers = [sends(200, 0, half), refuses(503), sends(200, 0, file.length, '"two"')];
  expect((await downloaded(answers)).result).toEqual(whole);
});

it('A download asks for a fresh token once, and ends where the server hands nothing out', async () => {
  const fresh = await downloaded([refuses(401), sends(200, 0)]);
  expect(fresh.result).toEqual(whole);
  expect(fresh.requests.map(({ authorization }) => authorization)).toEqual(['Bearer first', 'Bearer fresh']);
  expect((await downloaded([refuses(401), refuses(401)])).result).toBe('DownloadFailed');
  expect((await downloaded([refuses(404)])).result).toBe('DownloadFailed');
});

it('A download ends at once when the person stops it', async () => {
  const abort = new AbortController();
  const stops: Answer = (request, response) => {
    sends(200, 0, half)(request, response);
    abort.abort();
  };
  expect((await downloaded([stops], abort.signal)).result).toBe('AbortError');
});

it('A file has a name that every system takes', () => {
  const at = new Date(2026, 4, 1, 9, 5, 7).getTime();
  expect(fileName(['Dr. Ada', 'Screen'], at, 'video/webm')).toBe('2026-05-01 09-05-07 Dr. Ada Screen.webm');
  expect(fileName(['../"A\u202e\n"?'], at, 'video/mp4;codecs=avc1')).toBe('2026-05-01 09-05-07 .._A_.mp4');
  expect(fileName(['\u{1F600}'.repeat(200)], at, 'nothing')).toMatch(/^2026-05-01 09-05-07 \u{1F600}{80}\.bin$/u);
});
