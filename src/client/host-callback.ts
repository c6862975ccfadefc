/**
 * Calls a listener of the host application. An error in it is the host's: the browser reports it like every uncaught
 * error ('error' of the window), after the work of the library, which goes on. A promise that an async listener rejects
 * is reported by the browser itself ('unhandledrejection').
 */
export function callHost<Values extends unknown[]>(listener: (...values: Values) => unknown, ...values: Values): void {
  try {
    listener(...values);
  } catch (error) {
    reportLater(error);
  }
}

/** Reports an error as an uncaught one, once the running task is over. */
export function reportLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
