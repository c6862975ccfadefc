/** Locks that the kernel gives up when their process dies; the package has no types of its own. */
declare module 'fs-native-extensions' {
  /** Takes an exclusive lock on the whole file without waiting; false where somebody else has it. */
  export function tryLock(fd: number): boolean;
}
