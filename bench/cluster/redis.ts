import { connect } from 'node:net';
import { freePort } from '../../test/support/free-port.ts';
import { type Measured, SERVER_CORE, startProcess } from '../compare/processes.ts';

/** A Redis without persistence. */
export interface Redis extends Measured {
  readonly port: number;
  /** The counts so far. */
  counts(): Promise<Counts>;
}

export interface Counts {
  /** Commands by name, without those that read the counts. */
  commands: Record<string, number>;
  /** Bytes that it has sent, without the present answer. */
  sent: number;
  /** Bytes of the present answer: the next count of sent bytes includes them. */
  told: number;
}

/** The commands that read the counts. */
const ASKING = ['info', 'quit'];

export async function startRedis(): Promise<Redis> {
  const port = await freePort();
  const command = ['redis-server', '--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const { measured } = await startProcess('Redis', command, /Ready to accept connections/, SERVER_CORE);
  return { ...measured, port, counts: async () => countsIn(await info(port)) };
}

/** All fields of INFO. */
async function info(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write('INFO all\r\nQUIT\r\n');
  let text = '';
  for await (const part of socket.setEncoding('utf8')) text += part;
  return text;
}

function countsIn(text: string): Counts {
  const calls = [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(
    ([, name = '', count]) => [name, Number(count)] as const,
  );
  const told = Buffer.byteLength(text);
  const sent = Number(/^total_net_output_bytes:(\d+)/m.exec(text)?.[1]);
  return { commands: Object.fromEntries(calls.filter(([name]) => !ASKING.includes(name))), sent, told };
}

export type Done = Pick<Counts, 'commands' | 'sent'>;

/** The difference of two counts. */
export function since(before: Counts, after: Counts): Done {
  const differences = Object.entries(after.commands)
    .map(([name, calls]) => [name, calls - (before.commands[name] ?? 0)] as const)
    .filter(([, calls]) => calls > 0);
  return { commands: Object.fromEntries(differences), sent: after.sent - before.sent - before.told };
}

export const sum = (counts: Done) => Object.values(counts.commands).reduce((all, each) => all + each, 0);
