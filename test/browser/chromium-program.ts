import { existsSync } from 'node:fs';

/** Chromium without windows, which weighs half as much on the machine, or else the whole browser. */
export const chromiumProgram = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']
  .map((name) => `/usr/bin/${name}`)
  .find(existsSync);
