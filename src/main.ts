#!/usr/bin/env node
import { parseArgs } from 'node:util';
import dotenv from 'dotenv';
import { ConfigError } from './server/config/environment.ts';
import { loadConfig } from './server/config/load-config.ts';
import { type RunningServer, start } from './server/server.ts';
import { createServices, type Services } from './server/services.ts';
import { StoreError } from './server/storage/store.ts';
import { version } from './version.ts';

const help = `Usage: mesh-workspaces [options]

A signaling server for WebRTC mesh calls, over Socket.IO.

Options:
  -p, --port <number>   port to listen on (default 9090)
  -H, --host <address>  address to listen on (default 127.0.0.1 in DEVELOPMENT, every address otherwise)
  -h, --help            show this
  -v, --version         show the version

Settings are in config.ts, secrets in .env or the environment; README.md lists them.
`;

/** Ends the program with a sentence on stderr. */
function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function readFlags() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', short: 'p' },
        host: { type: 'string', short: 'H' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    }).values;
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\nTry --help.`);
  }
}

function explain(error: unknown): never {
  if (error instanceof ConfigError || error instanceof StoreError) fail(error.message);
  throw error;
}

function announceStore({ config: { store }, cluster, log }: Services): void {
  if (store.kind === 'memory') log.info('Workspaces are kept in memory: a restart forgets them.');
  else if (store.kind === 'json') log.info({ file: store.file }, 'Workspaces are kept in a file.');
  else log.info({ node: cluster.node }, 'Workspaces are kept in Redis, and are those of all nodes.');
}

function announce(services: Services, url: string): void {
  const { config, log } = services;
  for (const warning of config.warnings) log.warn(warning);
  if (config.development) {
    log.info('DEVELOPMENT mode: for this machine only. Set DEVELOPMENT=false to serve others.');
    if (config.secrets.magickToken === null || config.secrets.saltString === null) {
      log.info('Secrets were not given, so the server made its own.');
    }
  }
  announceStore(services);
  log.info({ version, ice: config.ice.provider }, `Listening on ${url}`);
}

/** Stops in order at the first signal; at a second one, or when it takes too long, at once. */
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

const flags = readFlags();
if (flags.help) {
  process.stdout.write(help);
} else if (flags.version) {
  process.stdout.write(`${version}\n`);
} else {
  dotenv.config({ quiet: true });
  try {
    const env = { ...process.env };
    if (flags.port !== undefined) env.PORT = flags.port;
    if (flags.host !== undefined) env.HOST = flags.host;
    const services = await createServices(loadConfig(env));
    const server = await start(services);
    stopOnSignals(services, server);
    announce(services, server.url);
  } catch (error) {
    explain(error);
  }
}
