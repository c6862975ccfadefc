import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { isatty } from 'node:tty';

/** The pause until a terminal that takes nothing is tried again, ms. */
const TRY_AGAIN_MS = 100;

interface Output {
  /** Writes a text without ever holding up the process. */
  send(text: string, done: (error?: Error | null) => void): void;
  /** Writes what fits at once, when the process ends. */
  sendLast(text: string): void;
}

let stdout: Output | undefined;
const writers: LogWriter[] = [];

/**
 * Writes a log to stdout, and lets nothing depend on what becomes of it: calls go on, and the process can end, when nobody reads
 * stdout, when its reader is gone, and when the disk behind it is full. Lines that find no room are lost.
 *
 * A write on a thread, as `fs.write` makes it, must not wait for a reader: Node waits for its threads when the process ends.
 */
export class LogWriter extends Writable {
  readonly #output: Output;
  readonly #most: number;
  #waiting = '';
  #isSending = false;

  /** @param most characters that may wait */
  constructor(most: number) {
    super({ decodeStrings: false });
    stdout ??= openStdout();
    this.#output = stdout;
    this.#most = most;
    writers.push(this);
  }

  /** Writes what fits at once of the lines that wait. */
  sendLast(): void {
    if (!this.#isSending) this.#output.sendLast(this.#waiting);
    this.#waiting = '';
  }

  /** Takes a line at once, so that nothing waits in the streams before this one. */
  override _write(line: string | Buffer, _: BufferEncoding, taken: () => void): void {
    const text = String(line);
    if (this.#waiting.length + text.length <= this.#most) {
      if (this.#waiting === '') setImmediate(() => this.#send());
      this.#waiting += text;
    }
    taken();
  }

  #send(): void {
    if (this.#isSending || this.#waiting === '') return;
    const text = this.#waiting;
    this.#waiting = '';
    this.#isSending = true;
    // After an error too: a disk has room again some time.
    this.#output.send(text, () => {
      this.#isSending = false;
      this.#send();
    });
  }
}

/** Opens what all logs of this process have in common. */
function openStdout(): Output {
  process.once('exit', () => {
    for (const writer of writers) writer.sendLast();
  });
  // Node 20 keeps the numbers of the last stat, and takes the next package for a pipe because of them: it does not follow the
  // link to that package then. Those of `bigint` are kept elsewhere.
  const kind = fstatSync(1, { bigint: true });
  return kind.isFIFO() || kind.isSocket() ? pipe() : file(isatty(1) ? terminal() : 1);
}

/** Node does not wait for pipes: it keeps what they do not take. */
function pipe(): Output {
  // Its reader is gone.
  process.stdout.on('error', () => {});
  return {
    send: (text, done) => void process.stdout.write(text, done),
    sendLast: (text) => void process.stdout.write(text),
  };
}

/** Opens the terminal of stdout anew, where that is possible, so that no write waits while somebody holds it with Ctrl+S. */
function terminal(): number {
  try {
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return 1;
  }
}

function file(descriptor: number): Output {
  const send = (bytes: Buffer, done: (error?: Error | null) => void) => {
    write(descriptor, bytes, (error, written) => {
      const rest = error ? bytes : bytes.subarray(written);
      if (error?.code === 'EAGAIN') setTimeout(() => send(bytes, done), TRY_AGAIN_MS).unref();
      else if (error || rest.length === 0) done(error);
      else send(rest, done);
    });
  };
  return {
    send: (text, done) => send(Buffer.from(text), done),
    sendLast(text) {
      try {
        if (text !== '') writeSync(descriptor, text);
      } catch {
        // Nothing can be said any more.
      }
    },
  };
}
