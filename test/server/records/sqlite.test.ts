import { join } from 'node:path';
import { emptyFolder } from '../../support/built-server.ts';
import { recordsContract } from './contract.ts';

recordsContract('SQLite in memory', async () => ({ kind: 'sqlite', file: null }));
recordsContract('SQLite in a file', async () => ({ kind: 'sqlite', file: join(await emptyFolder(), 'records.db') }));
