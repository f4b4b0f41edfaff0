/**
 * Milliseconds on the machine's monotonic clock, which all processes share: times taken in the load generator and in
 * the receiver can be subtracted from each other.
 */
export function sharedNow(): number {
  return performance.now() + offset;
}

const [seconds, nanoseconds] = process.hrtime();
const offset = seconds * 1000 + nanoseconds / 1e6 - performance.now();
