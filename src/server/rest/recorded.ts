/** So long a request waits for the records to have what this node has done, ms. */
export const RECORDED_WITHIN_MS = 400;
