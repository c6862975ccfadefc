/** Starts a server, and an example that uses it: `npm run example react`. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { examples, serveExample } from './serve-example.ts';

const name = examples.find((each) => each === process.argv[2]);
if (!name) {
  console.error(`Which example? npm run example ${examples.join(' | ')}`);
  process.exit(1);
}
const port = Number(process.env.EXAMPLE_PORT ?? 3000);
const serverPort = process.env.PORT ?? '9090';
const program = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
const env = {
  ...process.env,
  PORT: serverPort,
  DEVELOPMENT: 'true',
  USERS: 'open',
  EMBED_ORIGINS: `http://localhost:${port}`,
};
const server = spawn(process.execPath, [program], { env, stdio: 'inherit' });
process.on('SIGTERM', () => server.kill());
server.on('exit', (code) => process.exit(code ?? 0));
await serveExample(name, port, `http://localhost:${serverPort}`);
console.log(`\nOpen http://localhost:${port}/ (the example). Its server is at http://localhost:${serverPort}/\n`);
