import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const config = fileURLToPath(new URL('config.ts', import.meta.url));

/** The server checks the versions of these packages when it starts, so it must use the installed files. */
const versionsMatter = [
  'socket.io',
  'socket.io-adapter',
  'socket.io-parser',
  '@socket.io/redis-adapter',
  'engine.io',
  'ws',
];

/** Packages that hold compiled code, or start threads from files of their own. */
const boundToTheirFiles = ['bcrypt', 'bufferutil', 'fs-native-extensions', 'libsql', 'pino', 'pino-pretty'];

/** Packages that few servers need. These load them when they do. */
const seldomNeeded = ['ioredis', 'pg', 'twilio'];

/** The server and most of its packages in a few files, which Node loads in half the time. */
export default defineConfig({
  publicDir: false,
  ssr: { noExternal: true, external: [...versionsMatter, ...boundToTheirFiles, ...seldomNeeded] },
  build: {
    ssr: true,
    outDir: 'dist/src',
    emptyOutDir: true,
    target: 'node20.19',
    sourcemap: true,
    // The licences of the packages inside require that their notices go along.
    license: { fileName: 'third-party-licenses.md' },
    rollupOptions: {
      // zod places some comments where Rollup ignores them.
      onwarn: (warning, warn) => warning.code === 'INVALID_ANNOTATION' || warn(warning),
      // Operators may edit it, so it stays a file of its own.
      external: [config],
      input: {
        main: 'src/main.ts',
        // It starts threads from pin-thread.js, which must lie beside it.
        'server/auth/pins': 'src/server/auth/pins.ts',
        'server/auth/pin-thread': 'src/server/auth/pin-thread.js',
        // It starts a thread from sqlite-thread.js, which must lie beside it.
        'server/records/sqlite-client': 'src/server/records/sqlite-client.ts',
        'server/records/sqlite-thread': 'src/server/records/sqlite-thread.js',
        // The tests count the connections that are in memory.
        'server/transport/connection': 'src/server/transport/connection.ts',
      },
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: '[name].js',
        paths: { [config]: '../config.js' },
        // Node would keep the sources in memory. Stack traces need only their lines' numbers.
        sourcemapExcludeSources: true,
      },
    },
  },
});
