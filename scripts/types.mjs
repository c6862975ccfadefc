/** Checks the types of all projects at the same time, and ends with code 1 where one of them is wrong. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** The projects, by the names of their caches. */
const projects = {
  node: '.',
  browser: 'tsconfig.browser.json',
  pages: 'test/browser',
  examples: 'examples/react',
};

async function check([name, project]) {
  const cache = `node_modules/.cache/types/${name}`;
  const command = `tsc --noEmit --incremental --tsBuildInfoFile ${cache} --project ${project}`;
  const [code] = await once(spawn(command, { stdio: 'inherit', shell: true }), 'close');
  return code === 0;
}

const right = await Promise.all(Object.entries(projects).map(check));
process.exit(right.every(Boolean) ? 0 : 1);
