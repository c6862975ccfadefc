#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { version } from './version.ts';

const help = `Usage: mesh-workspaces [options]
       mesh-workspaces compose <recording> [--output <file>]

A signaling server for WebRTC mesh calls, over Socket.IO.
With compose: makes one film of a recording, named by its id or by a folder with it (docs/recording.md).

Options:
  -p, --port <number>   port to listen on (default 9090)
  -H, --host <address>  address to listen on (default 127.0.0.1 in DEVELOPMENT, every address otherwise)
  -h, --help            show this
  -v, --version         show the version
  -o, --output <file>   of compose: the file of the film (default <id>.mp4)

Settings are in config.ts, secrets in .env or the environment; README.md leads to docs/settings.md, which lists them.
`;

/** Reads the flags and the command of the command line. Ends the program with a sentence on stderr where one is wrong. */
function readFlags() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        port: { type: 'string', short: 'p' },
        host: { type: 'string', short: 'H' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
        output: { type: 'string', short: 'o' },
      },
    });
    const [command, recording, ...others] = positionals;
    if (command !== undefined && command !== 'compose') throw new Error(`There is no command ${command}.`);
    const isComplete = command === undefined || (recording !== undefined && others.length === 0);
    if (!isComplete && !values.help) throw new Error('Name one recording, by its id or by its folder.');
    return { ...values, recording };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\nTry --help.\n`);
    process.exit(1);
  }
}

const flags = readFlags();
if (flags.help) process.stdout.write(help);
else if (flags.version) process.stdout.write(`${version}\n`);
else if (flags.recording !== undefined) {
  const { composeRecording } = await import('./server/compose.ts');
  await composeRecording({
    recording: flags.recording,
    ...(flags.output === undefined ? {} : { output: flags.output }),
  });
} else {
  // SIGHUP asks a daemon to reload, and ends a program that does not listen for it. It may come before the server does.
  process.on('SIGHUP', () => {});
  // Imported only now: the server takes several times as long to load as all of the above.
  const { run } = await import('./server/run.ts');
  await run(flags);
}
