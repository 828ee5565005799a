import type { IsolateSetup } from './isolate.ts'
import type { FromIsolate, ToIsolate } from './messages.ts'

/** One thread or process, seen from the claiming thread. */
export interface Host {
  /** Most attempts that it is given at once. */
  readonly capacity: number
  /** What it is, for messages: `thread` or `process`. */
  readonly kind: 'thread' | 'process'
  post(batch: readonly ToIsolate[]): void
  /** How many of the attempts given to it, whose ids are all below `end`, it has not started. They are the last ones. */
  unstarted(end: number): number
  /** Takes those back: it will not start them. Returns how many they were. */
  recall(end: number): number
  /** Ends it at once. Resolves when it is gone. */
  kill(): Promise<void>
}

/** What a host reports. Nothing is reported after `onEnd`. */
export interface HostEvents {
  onMessages(batch: readonly FromIsolate[]): void
  /** A line that was printed past the isolate's own capture, such as by native code. */
  onOutput(level: 'info' | 'warn', line: string): void
  /** It is gone. `cause` completes "the thread …", such as `ended with exit code 3`. */
  onEnd(cause: string): void
}

export type LaunchHost = (setup: IsolateSetup, events: HostEvents) => Host
