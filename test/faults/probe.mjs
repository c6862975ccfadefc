// Preloaded into the built server (`run` of test/support/built-server.ts with `probe: true`): tells what goes on inside of it.

import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { Server } from 'socket.io';
import { Connection } from '../../dist/src/server/transport/connection.js';

/** Classes whose live objects are counted. Alarms and other timers that keep no process alive show here alone. */
const classes = { Timeout: setTimeout(() => {}).constructor, Connection };

/** The one Socket.IO server of this process, once it listens. */
let io = null;
const { attach } = Server.prototype;
Server.prototype.attach = function (...args) {
  io = this;
  // Nobody exports these.
  this.once('connection', ({ constructor: Socket, client: { constructor: Client }, conn }) => {
    Object.assign(classes, { Socket, Client, EngineSocket: conn.constructor });
  });
  return attach.apply(this, args);
};

const delay = monitorEventLoopDelay({ resolution: 1 });
let utilizationBefore = performance.eventLoopUtilization();
delay.enable();

/** How the event loop has done since the last question, in ms. */
function eventLoop() {
  const ms = (ns) => ns / 1e6;
  return {
    p50: ms(delay.percentile(50)),
    p99: ms(delay.percentile(99)),
    max: ms(delay.max),
    utilization: performance.eventLoopUtilization(utilizationBefore).utilization,
  };
}

function beginAnew() {
  delay.reset();
  utilizationBefore = performance.eventLoopUtilization();
}

async function memory() {
  globalThis.gc();
  // By then finalizers have run, which let go of other objects.
  await nextTurn();
  globalThis.gc();
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  return { heapUsed, external, arrayBuffers, rss };
}

function activeResources() {
  const counts = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Takes a second: each class is a walk over the whole heap. */
function liveObjects() {
  return Object.fromEntries(
    Object.entries(classes).map(([name, type]) => [name, queryObjects(type, { format: 'count' })]),
  );
}

async function measures() {
  const seen = {
    eventLoop: eventLoop(),
    memory: await memory(),
    resources: activeResources(),
    connections: io?.engine.clientsCount ?? 0,
    sockets: io?.of('/').sockets.size ?? 0,
    rooms: io?.of('/').adapter.rooms.size ?? 0,
  };
  // Looking has held the event loop up, and that is nothing of the server's.
  beginAnew();
  return seen;
}

const questions = { measures, liveObjects };
process.on('message', async (question) => process.send(await questions[question]()));
// Listening on the channel would keep the process alive.
process.channel.unref();
