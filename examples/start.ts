/** Starts a server, and an example that uses it: `npm run example react`. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { startClinic } from './clinic/clinic.ts';
import { examples, serveExample } from './serve-example.ts';

const names = [...examples, 'clinic'] as const;
const name = names.find((each) => each === process.argv[2]);
if (!name) {
  console.error(`Which example? npm run example ${names.join(' | ')}`);
  process.exit(1);
}
const port = Number(process.env.EXAMPLE_PORT ?? 3000);
const serverPort = process.env.PORT ?? '9090';
const url = `http://localhost:${serverPort}`;
const secret = () => randomBytes(32).toString('base64');
const agreed = { apiKey: secret(), userTokenSecret: secret(), webhookSecret: `whsec_${secret()}` };
/** A clinic has users of its own, who get into its consultations, and hears what is to be billed. */
const clinicEnv = {
  USERS: 'tokens',
  USER_TOKEN_SECRET: agreed.userTokenSecret,
  API_KEYS: `clinic:${agreed.apiKey}`,
  WEBHOOK_URL: `http://localhost:${port}/webhooks`,
  WEBHOOK_SECRET: agreed.webhookSecret,
};
const env = {
  ...process.env,
  PORT: serverPort,
  DEVELOPMENT: 'true',
  USERS: 'open',
  EMBED_ORIGINS: `http://localhost:${port}`,
  ...(name === 'clinic' ? clinicEnv : {}),
};
const program = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
const server = spawn(process.execPath, [program], { env, stdio: 'inherit' });
process.on('SIGTERM', () => server.kill());
server.on('exit', (code) => process.exit(code ?? 0));
if (name === 'clinic') await startClinic({ port, server: url, ...agreed });
else await serveExample(name, port, url);
console.log(`\nOpen http://localhost:${port}/ (the example). Its server is at ${url}/\n`);
