import type { MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import type { ApiEnv } from './operation.ts';

/** Logs each request with its key and its operation, without its body and its query. */
export function logAccess(log: Logger): MiddlewareHandler<ApiEnv> {
  return async (context, next) => {
    const from = performance.now();
    await next();
    const key = context.get('key')?.id;
    // A stranger must not be able to fill the log.
    const level = key === undefined ? 'debug' : 'info';
    const operation = context.get('operation') ?? `${context.req.method} elsewhere`;
    const ms = Math.round(performance.now() - from);
    log[level]({ key, operation, status: context.res.status, ms }, 'request of the API');
  };
}
