/** Milliseconds of the machine's monotonic clock, to the microsecond: comparable between threads and processes. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}
