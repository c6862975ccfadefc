import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Server as HttpsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import { ConfigError } from '../config/environment.ts';
import type { Config } from '../config/load-config.ts';

/** The pause between two looks at the files, ms: what replaces certificates seldom tells their users. */
const LOOK_MS = 20_000;

/** The content of the files, as `tls.createSecureContext` takes it. */
interface CertificateFiles {
  readonly key: Buffer;
  readonly cert: Buffer;
  readonly ca?: Buffer;
}

/**
 * Reads the files of a certificate.
 * @throws ConfigError with a sentence for the operator where one cannot be read, or they do not belong together
 */
export async function readCertificate({ key, cert, ca }: NonNullable<Config['https']>): Promise<CertificateFiles> {
  const files = {
    key: await content('https.key', key),
    cert: await content('https.cert', cert),
    ...(ca === null ? {} : { ca: await content('https.ca', ca) }),
  };
  try {
    createSecureContext(files);
  } catch {
    throw new ConfigError(`https.key (${key}) and https.cert (${cert}) are no PEM files that belong together.`);
  }
  if (files.ca && !holdsCertificates(files.ca)) throw new ConfigError(`https.ca (${ca}) holds no certificates in PEM.`);
  return files;
}

async function content(name: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch {
    throw new ConfigError(`The file of ${name}, ${file}, cannot be read.`);
  }
}

/** Whether a file is one or several whole certificates. TLS passes over an authority that it cannot read, without a word. */
export function holdsCertificates(pem: Buffer): boolean {
  const parts = pem.toString('latin1').split(/(?=-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----)/);
  const certificates = parts.filter((part) => part.startsWith('-----BEGIN'));
  try {
    for (const each of certificates) new X509Certificate(each);
  } catch {
    return false;
  }
  return certificates.length > 0;
}

/**
 * Follows the files of a certificate while a server runs: certbot and Kubernetes replace them, by links too. Connections stay
 * as they are; new ones get the new certificate. Files that cannot be used, such as half-written ones, change nothing.
 */
export class CertificateRenewal {
  readonly #https: NonNullable<Config['https']>;
  readonly #server: HttpsServer;
  readonly #log: Logger;
  readonly #looking: NodeJS.Timeout;
  #present: CertificateFiles;
  /** The problem that the log has already. */
  #problem: string | null = null;

  /** @param present the files that `server` began with, @param everyMs the pause between two looks at them */
  constructor(
    { https, server, log }: { https: NonNullable<Config['https']>; server: HttpsServer; log: Logger },
    present: CertificateFiles,
    everyMs = LOOK_MS,
  ) {
    this.#https = https;
    this.#server = server;
    this.#log = log;
    this.#present = present;
    this.#looking = setInterval(() => void this.look(), everyMs).unref();
    server.once('close', () => clearInterval(this.#looking));
  }

  /** Reads the files, and takes them where they are others than before and can be used. */
  async look(): Promise<void> {
    try {
      const files = await readCertificate(this.#https);
      this.#problem = null;
      if (isSame(files, this.#present)) return;
      this.#server.setSecureContext(files);
      this.#present = files;
      this.#log.info({ expires: new X509Certificate(files.cert).validTo }, 'The certificate was renewed.');
    } catch (error) {
      const problem = error instanceof ConfigError ? error.message : String(error);
      if (problem !== this.#problem)
        this.#log.error({ problem }, 'The certificate was not renewed; the former one stays.');
      this.#problem = problem;
    }
  }
}

function isSame(one: CertificateFiles, other: CertificateFiles): boolean {
  const same = (a?: Buffer, b?: Buffer) => (a && b ? a.equals(b) : a === b);
  return same(one.key, other.key) && same(one.cert, other.cert) && same(one.ca, other.ca);
}
