import { defineConfig } from 'vite';
import { browserModule } from './vite.module.ts';

export default defineConfig(browserModule('src/embed/served.ts', 'embed.js'));
