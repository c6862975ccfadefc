import dotenv from 'dotenv';
import { version } from '../version.ts';
import { readEnvFile } from './config/env-file.ts';
import { ConfigError } from './config/environment.ts';
import { loadConfig } from './config/load-config.ts';
import { type RunningServer, start } from './server.ts';
import { createServices, type Services } from './services.ts';
import { StoreError } from './storage/store.ts';

/** The flags of the command line that override the environment. */
export interface Overrides {
  port?: string;
  host?: string;
}

/**
 * Reads .env and the environment, starts the server, and stops it at a signal. Where an operator can mend what is wrong,
 * it prints one sentence on stderr and ends the process with code 1.
 */
export async function run({ port, host }: Overrides): Promise<void> {
  try {
    // Packages read the environment too, such as HTTPS_PROXY.
    dotenv.populate(process.env as Record<string, string>, readEnvFile('.env'));
    const env = { ...process.env };
    if (port !== undefined) env.PORT = port;
    if (host !== undefined) env.HOST = host;
    const services = await createServices(loadConfig(env));
    const server = await start(services);
    stopOnSignals(services, server);
    renewOnSignal(services, server);
    announce(services, server);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StoreError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

function announce(services: Services, { url, metricsUrl }: RunningServer): void {
  const { config, log } = services;
  for (const warning of config.warnings) log.warn(warning);
  if (config.development) {
    log.info('DEVELOPMENT mode: for this machine only. Set DEVELOPMENT=false to serve others.');
    if (config.secrets.magickToken === null || config.secrets.saltString === null) {
      log.info('Secrets were not given, so the server made its own.');
    }
  }
  announceStore(services);
  if (metricsUrl !== null) log.info(`The metrics are at ${metricsUrl}`);
  announceRecords(services);
  log.info({ version, ice: config.ice.provider }, `Listening on ${url}`);
}

function announceStore({ config: { store }, cluster, log }: Services): void {
  if (store.kind === 'memory') log.info('Workspaces are kept in memory: a restart forgets them.');
  else if (store.kind === 'json') log.info({ file: store.file }, 'Workspaces are kept in a file.');
  else log.info({ node: cluster.node }, 'Workspaces are kept in Redis, and are those of all nodes.');
}

function announceRecords({ config: { records }, log }: Services): void {
  if (records?.kind === 'postgres') log.info('Records are kept in PostgreSQL.');
  else if (records?.file) log.info({ file: records.file }, 'Records are kept in a file.');
  else if (records) log.info('Records are kept in memory: a restart forgets calls, inboxes and names.');
}

/** Stops in order at the first signal. Ends the process at a second one, or after `shutdown_seconds`. */
function stopOnSignals({ config, log }: Services, server: RunningServer): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'Stopping.');
    setTimeout(() => {
      log.error('The stop took too long and was cut short.');
      process.exit(1);
    }, config.settings.shutdown_seconds * 1000).unref();
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'The stop failed.');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** Reads the certificate again at SIGHUP, as daemons do. Nothing else can be reloaded. */
function renewOnSignal({ log }: Services, { renewCertificate }: RunningServer): void {
  process.on('SIGHUP', (signal) => {
    if (!renewCertificate) return log.info({ signal }, 'There is no certificate to read again.');
    log.info({ signal }, 'Reading the certificate again.');
    void renewCertificate();
  });
}
