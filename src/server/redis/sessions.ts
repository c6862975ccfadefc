import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import { type Cluster, nodeOf } from '../cluster.ts';
import { throttle } from '../collections/throttle.ts';
import type { EngineRequest } from '../transport/engine.ts';

const SENTENCE =
  'This session belongs to another node. Polling needs a load balancer with sticky sessions; WebSocket does not.';

/**
 * Names sessions of Engine.IO after their node, so that a request of polling which a balancer has brought to another one
 * is told what is wrong, and not that its session is unknown. What Engine.IO answers to an upgrade stays as it is.
 */
export function nameSessions(io: Server, { node }: Pick<Cluster, 'node'>, log: Logger): void {
  const engine = io.engine as unknown as { generateId(request: IncomingMessage): string | Promise<string> };
  const ordinary = engine.generateId;
  engine.generateId = async (request) => `${node}.${await ordinary.call(engine, request)}`;

  const complain = throttle(() =>
    log.warn('Requests of polling come to a node that has not begun their session: the balancer is not sticky.'),
  );
  io.engine.use((request: IncomingMessage, response: unknown, next: () => void) => {
    const home = nodeOf((request as EngineRequest)._query.sid ?? '');
    if (home === '' || home === node || !(response instanceof ServerResponse)) return next();
    complain();
    // As Engine.IO says that it does not know a session.
    response.writeHead(400, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ code: 1, message: SENTENCE }));
  });
}
