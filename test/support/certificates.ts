import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { generate } from 'selfsigned';
import { emptyFolder } from './built-server.ts';

const localhost = [{ name: 'commonName', value: 'localhost' }];
const authority = (commonName: string) => [{ name: 'commonName', value: commonName }];
const small = { keyType: 'ec' as const, curve: 'P-256' as const, algorithm: 'sha256' };
const signs = [{ name: 'basicConstraints' as const, cA: true, critical: true }];
const namesOf = (host: string) => [
  { name: 'subjectAltName' as const, altNames: [{ type: 2 as const, value: host }] },
  { name: 'basicConstraints' as const, cA: false },
];
const names = namesOf('localhost');

/** A root authority, one that it vouches for, and a certificate of localhost from the latter; as files. */
export async function certificates() {
  const folder = await emptyFolder();
  const root = await generate(authority('The root'), { ...small, extensions: signs });
  const middle = await generate(authority('In the middle'), {
    ...small,
    extensions: signs,
    ca: { key: root.private, cert: root.cert },
  });
  const own = await generate(localhost, {
    ...small,
    extensions: names,
    ca: { key: middle.private, cert: middle.cert },
  });
  const other = await generate(localhost, small);
  const files = { key: own.private, cert: own.cert, chain: middle.cert, otherKey: other.private, garbage: 'garbage' };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, `${name}.pem`), text);
  const file = (name: keyof typeof files) => join(folder, `${name}.pem`);
  const env = { ENABLE_HTTPS: 'true', HTTPS_KEY: file('key'), HTTPS_CERT: file('cert'), HTTPS_CA: file('chain') };
  return { env, file, folder, root: root.cert };
}

/** A certificate that vouches for itself. */
export async function selfSigned(host = 'localhost'): Promise<{ key: string; cert: string }> {
  const { private: key, cert } = await generate(localhost, { ...small, extensions: namesOf(host) });
  return { key, cert };
}

/** The certificate that new connections get, in the form of `X509Certificate.fingerprint256`. */
export function servedFingerprint(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(url).port), host: 'localhost', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
