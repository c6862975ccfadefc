import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { pino } from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { CertificateRenewal, readCertificate } from '../../../src/server/transport/certificate.ts';
import { emptyFolder } from '../../support/built-server.ts';
import { certificates, selfSigned, servedFingerprint } from '../../support/certificates.ts';

const fingerprint = (cert: string | Buffer) => new X509Certificate(cert).fingerprint256;

/** A server of HTTPS whose files somebody looks at every 20 ms, and the lines of its log. */
async function follow(https: { key: string; cert: string; ca: string | null }) {
  const files = await readCertificate(https);
  const server = createServer(files, (_, response) => response.end('here'));
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push((JSON.parse(line) as { msg: string }).msg) });
  new CertificateRenewal({ https, server, log }, files, 20);
  server.listen(0, 'localhost');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `https://localhost:${port}`, port, lines };
}

const RENEWED = 'The certificate was renewed.';
const KEPT = 'The certificate was not renewed; the former one stays.';

async function pair() {
  const folder = await emptyFolder();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const write = async (files: { key: string; cert: string }) => {
    await writeFile(key, files.key);
    await writeFile(cert, files.cert);
  };
  const first = await selfSigned();
  await write(first);
  return { folder, https: { key, cert, ca: null }, first, write };
}

it('Files that are written anew are served to new connections, and those that are there stay', async () => {
  const { https, first, write } = await pair();
  const { url, port, lines } = await follow(https);
  const early = connect({ port, host: 'localhost', ca: first.cert });
  onTestFinished(() => {
    early.destroy();
  });
  await once(early, 'secureConnect');
  const second = await selfSigned();
  await write(second);
  await vi.waitFor(async () => expect(await servedFingerprint(url)).toBe(fingerprint(second.cert)));
  early.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(String((await once(early, 'data'))[0])).toMatch(/^HTTP\/1\.1 200/);
  expect(lines.at(-1)).toBe(RENEWED);
});

it('Files that cannot be used change nothing, with one line in the log, until they can', async () => {
  const { https, first } = await pair();
  const { url, lines } = await follow(https);
  const second = await selfSigned();
  const wrong = [
    () => writeFile(https.cert, second.cert),
    () => writeFile(https.cert, second.cert.slice(0, 300)),
    () => writeFile(https.cert, ''),
    () => rm(https.cert),
  ];
  for (const [index, spoil] of wrong.entries()) {
    await spoil();
    // Only the last one is another problem than the first.
    const expected = index < 3 ? [KEPT] : [KEPT, KEPT];
    await vi.waitFor(() => expect(lines).toEqual(expected));
    expect(await servedFingerprint(url)).toBe(fingerprint(first.cert));
  }
  await writeFile(https.cert, second.cert);
  await writeFile(https.key, second.key);
  await vi.waitFor(async () => expect(await servedFingerprint(url)).toBe(fingerprint(second.cert)));
  expect(lines.at(-1)).toBe(RENEWED);
});

it('Links that lead elsewhere are followed, as certbot and Kubernetes change them', async () => {
  const { folder, first, write } = await pair();
  // Kubernetes: the files are links into ..data, which is a link to a folder that is replaced as a whole.
  const at = (name: string) => join(folder, name);
  await symlink('.', at('..data'));
  await symlink('..data/key.pem', at('tls.key'));
  await symlink('..data/cert.pem', at('tls.crt'));
  const { url } = await follow({ key: at('tls.key'), cert: at('tls.crt'), ca: null });
  expect(await servedFingerprint(url)).toBe(fingerprint(first.cert));
  const next = await pair();
  await symlink(next.folder, at('..data_tmp'));
  await rename(at('..data_tmp'), at('..data'));
  await vi.waitFor(async () => expect(await servedFingerprint(url)).toBe(fingerprint(next.first.cert)));
  await write(first);
  expect(await servedFingerprint(url)).toBe(fingerprint(next.first.cert));
});

it('The chain of authorities is renewed too, and a damaged one is not taken', async () => {
  const [one, other] = [await certificates(), await certificates()];
  const https = { key: one.file('key'), cert: one.file('cert'), ca: one.file('chain') };
  const { port, lines } = await follow(https);
  const isTrusted = async (ca: string) => {
    const socket = connect({ port, host: 'localhost', servername: 'localhost', ca });
    const trusted = await once(socket, 'secureConnect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    return trusted;
  };
  const chain = await readFile(https.ca, 'utf8');
  await writeFile(https.ca, chain.slice(0, chain.length / 2));
  await vi.waitFor(() => expect(lines).toEqual([KEPT]));
  expect(await isTrusted(one.root)).toBe(true);
  for (const name of ['chain', 'key', 'cert'] as const) {
    await writeFile(one.file(name), await readFile(other.file(name)));
  }
  await vi.waitFor(async () => expect(await isTrusted(other.root)).toBe(true));
  expect(await isTrusted(one.root)).toBe(false);
});
