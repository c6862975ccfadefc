/** socket.io-client 2.0, which clients in the field use; it has no types of its own. */
declare module 'socket.io-client-v2' {
  interface Socket {
    connected: boolean;
    emit(name: string, ...args: unknown[]): Socket;
    on(name: string, listener: (...args: never[]) => void): Socket;
    once(name: string, listener: (...args: never[]) => void): Socket;
    close(): Socket;
  }
  export default function connect(url: string, options?: object): Socket;
}
