import { readdir, stat } from 'node:fs/promises';
import { collectDefaultMetrics, type Registry } from 'prom-client';
import { gauge } from './metric.ts';
import { register } from './registry.ts';

/**
 * Default metrics that are left out. Those of handles, requests, resources and open files list each of them at every scrape,
 * which stops the event loop for 100 ms where a node has 50,000 connections; `mesh_connections` and `openFiles` say enough. Names that end in `_total` are for counters alone, and these are none.
 */
const LEFT_OUT = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'process_open_fds',
];

const DESCRIPTORS = '/proc/self/fd';

/** Registers the metrics that any program of Node has, under their usual names. */
export function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const name of LEFT_OUT) registry.removeSingleMetric(name);
  if (process.platform === 'linux') register(registry, [openFiles]);
}

const openFiles = gauge('process_open_fds', 'Number of open file descriptors.', countDescriptors);

/** Linux 6.2 and later say their number as the size of the folder. */
async function countDescriptors(): Promise<number> {
  const { size } = await stat(DESCRIPTORS);
  return size > 0 ? size : (await readdir(DESCRIPTORS)).length;
}
