import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeshServer, userToken } from 'mesh-workspaces/server';
import { startClinic } from '../../examples/clinic/clinic.ts';
import { loadConfig } from '../../src/server/config/load-config.ts';
import { start } from '../../src/server/server.ts';
import { createServices } from '../../src/server/services.ts';
import { newSecret } from '../../src/server/webhooks/signature.ts';
import { freePort } from '../../test/support/free-port.ts';

/** A server with everything that pictures show, and the clinic of the examples beside it. */
export interface Studio {
  /** The address of the server, without a slash at the end. */
  readonly url: string;
  readonly clinicUrl: string;
  /** A key for the page for operators. */
  readonly adminKey: string;
  readonly mesh: MeshServer;
  /** The address of a screen for a user. @param role of the claim `mesh` */
  linkFor(screen: string, user: User, role?: 'owner' | 'attendee'): Promise<string>;
  close(): Promise<void>;
}

export interface User {
  readonly id: string;
  readonly name: string;
}

export async function openStudio(): Promise<Studio> {
  const folder = await mkdtemp(join(tmpdir(), 'mesh-workspaces-pictures-'));
  const clinicPort = await freePort();
  const [apiKey, adminKey, userTokenSecret, webhookSecret] = [newSecret(), newSecret(), newSecret(), newSecret()];
  const clinicUrl = `http://localhost:${clinicPort}`;
  const config = loadConfig({
    PORT: '0',
    LOG_LEVEL: 'silent',
    BCRYPT_COST: '4',
    MAGICK_TOKEN: newSecret(),
    SALT_STRING: newSecret(),
    USERS: 'tokens',
    USER_TOKEN_SECRET: userTokenSecret,
    API_KEYS: `clinic:${apiKey},operator:${adminKey}:admin`,
    EMBED_ORIGINS: clinicUrl,
    WEBHOOK_URL: `${clinicUrl}/webhooks`,
    WEBHOOK_SECRET: webhookSecret,
    RECORDINGS_DIR: folder,
  });
  const server = await start(await createServices(config));
  const { url } = server;
  const endClinic = await startClinic({
    port: clinicPort,
    server: url,
    apiKey,
    userTokenSecret,
    webhookSecret,
  });
  return {
    url,
    clinicUrl,
    adminKey,
    mesh: new MeshServer({ url, apiKey }),
    linkFor: async (screen, { id, name }, role = 'attendee') => {
      const token = await userToken({ sub: id, name, mesh: { role } }, { secret: userTokenSecret, ttlSeconds: 3_600 });
      return `${url}/${screen}#user-token=${token}`;
    },
    close: async () => {
      await endClinic();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}
