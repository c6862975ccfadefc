import type { RunningProxy } from '../support/proxy-listening.ts';
import { startProxy } from './proxy.ts';

/** A network between clients and a server that a test can take away. */
interface CuttingProxy extends RunningProxy {
  /** Ends every connection, and lets nobody connect for a while. @param ms the length of the while */
  away(ms: number): Promise<void>;
}

/** @param target the URL of a server on this machine */
export async function cuttingProxy(target: string): Promise<CuttingProxy> {
  let isAway = false;
  const proxy = await startProxy(
    target,
    (client, upstream) => void client.pipe(upstream).pipe(client),
    () => isAway,
  );
  return {
    ...proxy,
    async away(ms) {
      isAway = true;
      proxy.cut();
      await new Promise((resolve) => setTimeout(resolve, ms));
      isAway = false;
    },
  };
}
