import { defineConfig } from 'vite';
import { browserModule } from './vite.module.ts';

export default defineConfig(browserModule('src/recorder/recorder.ts', 'recorder.js'));
