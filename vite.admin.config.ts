import { defineConfig, mergeConfig } from 'vite';
import page from './vite.config.ts';

/** Builds the page for operators: by itself, so that people who call load nothing of it. */
export default mergeConfig(
  page,
  defineConfig({
    root: 'src/page/admin',
    // The page in the folder above has what is public.
    publicDir: false,
    build: { outDir: '../../../dist/page/admin' },
  }),
);
