import { defineConfig } from 'vite';
import { licenses } from './vite.licenses.ts';
import { browserModule } from './vite.module.ts';

export default defineConfig({
  ...browserModule('src/client/mesh-client.ts', 'client.js'),
  plugins: [licenses('client-licenses.txt')],
});
