import { Redis, type RedisOptions } from 'ioredis'

import { steadyOptions } from './connection.ts'
import { ConsumerLease } from './consumer-lease.ts'
import { LedgerReader } from './ledger-reader.ts'
import { OutboxReader, type OutboxReaderOptions } from './outbox.ts'
import { RecordedRuns } from './recorded-runs.ts'
import { RecordingTrouble } from './recording-trouble.ts'

/** Everything by which a process outside the engine follows the ledger. */
export interface Observer {
  readonly outbox: OutboxReader
  readonly ledger: LedgerReader
  readonly recorded: RecordedRuns
  readonly lease: ConsumerLease
  readonly trouble: RecordingTrouble
  /** Ends all reading of the outbox; a `read` under way fails, and what it was to return stays unacknowledged. */
  endReading(): void
  /** Closes the connections; what is under way ends with an error. */
  close(): void
}

/** Options of ioredis; replies in the shapes that the readers parse. */
export type ObserverConnection = RedisOptions & { readonly replyMapping?: 'legacy' }

/** How an {@link Observer} connects. */
export interface ObserverOptions extends OutboxReaderOptions {
  /** URL or ioredis options. */
  readonly redis: string | ObserverConnection
  /** How long the group's lease outlives its holder, in ms. Default 10,000. */
  readonly leaseTtl?: number
  /** Told of each connection error; the connection is tried again by itself. */
  readonly onError?: (error: Error) => void
}

/** Connects to a ledger as an observer. Commands wait while Redis is away and are sent when it is back. */
export function observe(options: ObserverOptions): Observer {
  const commands = open(options)
  // a `read` answers at least once in its block time of a second, so a silent socket is a dead one
  const blocking = open(options)
  return {
    outbox: new OutboxReader(commands, blocking, options),
    ledger: new LedgerReader(commands, options.prefix),
    recorded: new RecordedRuns(commands, options.prefix),
    lease: new ConsumerLease(commands, options.prefix, options.group, options.leaseTtl),
    trouble: new RecordingTrouble(commands, options.prefix, options.group),
    endReading: () => disconnect(blocking),
    close() {
      disconnect(blocking)
      disconnect(commands)
    },
  }
}

/** Once: a second time starts a timer of two seconds that nothing clears, and the process cannot end before. */
function disconnect(redis: Redis): void {
  if (redis.status !== 'end') redis.disconnect()
}

function open({ redis, onError }: ObserverOptions): Redis {
  const always: ObserverConnection = { ...steadyOptions, maxRetriesPerRequest: null }
  const client =
    typeof redis === 'string' ? new Redis(redis, always) : new Redis({ ...redis, ...always })
  client.on('error', (error: Error) => onError?.(error))
  return client
}
