import { describe } from 'vitest';
import { skipsPostgres } from '../server/records/postgres-server.ts';
import { onCluster } from '../support/fixtures.ts';

/** A server that keeps chats: many nodes need a database for them, which the tests give to servers with users. */
export const withChat: Record<string, string> = onCluster ? { USERS: 'open' } : {};

/** For tests of a server that keeps chats. */
export const describeChat = describe.skipIf(onCluster && skipsPostgres());
