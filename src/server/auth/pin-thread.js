// @ts-check
// Plain JavaScript, so that Node starts it as it is, whether the server runs from its sources or built.

import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import bcrypt from 'bcrypt';

/** @import { Task } from './pin-threads.ts' */

/**
 * Lets the event loop go first, but not for ever: at the lowest priority of all, a flood of commands on a single core
 * would make a check of 60 ms take 4 s; at this priority it takes 0.6 s.
 *
 * Linux has a priority for each thread, and tells a thread which one it is. Elsewhere a priority is that of the whole
 * server, and the thread stays as it is.
 */
function giveWay() {
  try {
    const [pid, , thread] = readlinkSync('/proc/thread-self').split('/').map(Number);
    // In a container, /proc may be that of the host, with other numbers.
    if (pid !== process.pid || !thread) return;
    const { PRIORITY_BELOW_NORMAL, PRIORITY_LOW } = constants.priority;
    setPriority(thread, Math.min(getPriority(thread) + PRIORITY_BELOW_NORMAL, PRIORITY_LOW));
  } catch {
    // Not Linux, or forbidden.
  }
}

giveWay();
parentPort?.on('message', (/** @type {Task} */ task) => {
  // bcrypt's asynchronous functions would run on libuv's threads, which do not give way.
  const result = 'hash' in task ? bcrypt.compareSync(task.text, task.hash) : bcrypt.hashSync(task.text, task.cost);
  parentPort?.postMessage(result);
});
