#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { version } from './version.ts';

const help = `Usage: mesh-workspaces [options]

A signaling server for WebRTC mesh calls, over Socket.IO.

Options:
  -p, --port <number>   port to listen on (default 9090)
  -H, --host <address>  address to listen on (default 127.0.0.1 in DEVELOPMENT, every address otherwise)
  -h, --help            show this
  -v, --version         show the version

Settings are in config.ts, secrets in .env or the environment; README.md leads to docs/settings.md, which lists them.
`;

/** Reads the flags of the command line. Ends the program with a sentence on stderr where one is wrong. */
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
    process.stderr.write(`${error instanceof Error ? error.message : error}\nTry --help.\n`);
    process.exit(1);
  }
}

const flags = readFlags();
if (flags.help) process.stdout.write(help);
else if (flags.version) process.stdout.write(`${version}\n`);
else {
  // SIGHUP asks a daemon to reload, and ends a program that does not listen for it. It may come before the server does.
  process.on('SIGHUP', () => {});
  // Imported only now: the server takes several times as long to load as all of the above.
  const { run } = await import('./server/run.ts');
  await run(flags);
}
