import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import { type Cluster, nodeOf } from '../cluster.ts';
import { throttle } from '../collections/throttle.ts';
import type { EngineRequest } from '../transport/engine.ts';

const SENTENCE =
  'This session belongs to another node. Polling needs a load balancer with sticky sessions; WebSocket does not.';

/**
 * Names sessions of Engine.IO after their node. So when a balancer brings a request of polling to another node, that
 * node can answer that the balancer is not sticky, and not that the session is unknown. Upgrades are answered as
 * before.
 */
export function nameSessions(io: Server, { node }: Pick<Cluster, 'node'>, log: Logger): void {
  const engine = io.engine as unknown as { generateId(request: IncomingMessage): string | Promise<string> };
  const ordinary = engine.generateId;
  engine.generateId = async (request) => `${node}.${await ordinary.call(engine, request)}`;

  const warnOfBalancer = throttle(() =>
    log.warn('Requests of polling come to a node that has not begun their session: the balancer is not sticky.'),
  );
  io.engine.use((request: IncomingMessage, response: unknown, next: () => void) => {
    const home = nodeOf((request as EngineRequest)._query.sid ?? '');
    if (home === '' || home === node || !(response instanceof ServerResponse)) return next();
    warnOfBalancer();
    // In the form in which Engine.IO answers that it does not know a session.
    response.writeHead(400, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ code: 1, message: SENTENCE }));
  });
}
