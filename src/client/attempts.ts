import type { Manager } from 'socket.io-client';
import type { TransportChoice } from './transport-choice.ts';

/** Gives each attempt to connect its transports and its time, and tells the choice how it went. */
export class Attempts {
  readonly #manager: Manager;
  readonly #choice: TransportChoice;
  #state: 'under way' | 'connected' | 'over' = 'over';
  #isSilent = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The time (performance.now) since which WebSocket carries the messages; null while polling does. */
  #webSocketSince: number | null = null;

  constructor(manager: Manager, choice: TransportChoice) {
    this.#manager = manager;
    this.#choice = choice;
    manager.on('reconnect_attempt', () => this.begin());
    manager.on('open', () => {
      manager.engine.once('upgrade', () => {
        this.#webSocketSince = performance.now();
      });
    });
    manager.on('error', ({ message }) => this.#onError(message));
    manager.on('close', (reason) => this.#onClose(reason));
  }

  /** Begins an attempt. `Signaling` calls it before it opens a connection itself. */
  begin(): void {
    const { transports, limitMs } = this.#choice.begin();
    this.#manager.opts.transports = transports;
    this.#manager.timeout(limitMs);
    this.#state = 'under way';
    this.#isSilent = false;
    clearTimeout(this.#timer);
    // The manager's timeout ends with Engine.IO's first packet; Socket.IO's own may never come.
    this.#timer = setTimeout(() => this.#giveUp(), limitMs);
  }

  /** Socket.IO is connected. */
  connected(): void {
    clearTimeout(this.#timer);
    this.#state = 'connected';
    const isWebSocket = this.#manager.engine.transport.name === 'websocket';
    this.#webSocketSince = isWebSocket ? performance.now() : null;
    this.#choice.connected(isWebSocket);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#state = 'over';
  }

  #giveUp(): void {
    const { engine } = this.#manager;
    if (this.#state !== 'under way' || engine.readyState !== 'open') return;
    this.#isSilent = true;
    // Engine.IO's own close would wait for packets that it cannot send.
    engine.transport.close();
  }

  /** A connection that was there is lost with the event 'close', which comes after this one. */
  #onError(message: string): void {
    if (this.#state === 'under way') this.#end(message === 'timeout');
  }

  #onClose(reason: string): void {
    if (this.#state === 'connected' && this.#webSocketSince !== null) {
      this.#choice.lostWebSocket(reason === 'ping timeout', performance.now() - this.#webSocketSince);
    }
    this.#end(this.#isSilent);
  }

  #end(isSilent: boolean): void {
    clearTimeout(this.#timer);
    if (this.#state === 'under way') this.#choice.failed(isSilent);
    this.#state = 'over';
  }
}
