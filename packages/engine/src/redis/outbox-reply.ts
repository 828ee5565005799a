import * as z from 'zod'

/** One raw entry of a stream as Redis answers it; `fields` is null when the entry was deleted meanwhile. */
export interface StreamEntry {
  readonly id: string
  readonly fields: readonly string[] | null
}

const Entry = z
  .tuple([z.string(), z.array(z.string()).nullable()])
  .transform(([id, fields]): StreamEntry => ({ id, fields }))

const Entries = z
  .array(Entry.nullable())
  .transform((entries) => entries.filter((entry) => entry !== null))

const ReadReply = z
  .array(z.tuple([z.string(), Entries]))
  .nullable()
  .transform((streams) => (streams ?? []).flatMap(([, entries]) => entries))

// Redis 7 adds a third element, the ids of deleted entries
const ClaimReply = z.tuple([z.string(), Entries]).rest(z.unknown())

const Flat = z.array(z.unknown()).transform((flat) => {
  const fields: Record<string, unknown> = {}
  for (let at = 0; at + 1 < flat.length; at += 2) fields[String(flat[at])] = flat[at + 1]
  return fields
})

const Group = Flat.pipe(
  z.object({ name: z.string(), pending: z.number(), 'last-delivered-id': z.string() }),
)

/** What XINFO tells of a consumer group. */
export interface StreamGroup {
  readonly name: string
  readonly pending: number
  readonly lastDelivered: string
}

/** Entries of an XREADGROUP reply for one stream. */
export function readEntries(reply: unknown): readonly StreamEntry[] {
  return ReadReply.parse(reply)
}

/** Cursor and entries of an XAUTOCLAIM reply. */
export function claimedEntries(reply: unknown): readonly [string, readonly StreamEntry[]] {
  const [cursor, entries] = ClaimReply.parse(reply)
  return [cursor, entries]
}

/** Groups of an XINFO GROUPS reply. */
export function streamGroups(reply: unknown): readonly StreamGroup[] {
  return z
    .array(Group)
    .parse(reply)
    .map((group) => ({
      name: group.name,
      pending: group.pending,
      lastDelivered: group['last-delivered-id'],
    }))
}

/** The id of the newest entry that the stream ever held, from XINFO STREAM. */
export function lastGenerated(reply: unknown): string {
  return Flat.pipe(z.object({ 'last-generated-id': z.string() })).parse(reply)['last-generated-id']
}

/** The oldest pending id of an XPENDING summary, undefined when nothing is pending. */
export function oldestPending(reply: unknown): string | undefined {
  const [, oldest] = z.tuple([z.number(), z.string().nullable()]).rest(z.unknown()).parse(reply)
  return oldest ?? undefined
}

/** Orders two stream ids: negative when `a` is older. */
export function compareIds(a: string, b: string): number {
  const [aTime, aSequence] = parts(a)
  const [bTime, bSequence] = parts(b)
  if (aTime !== bTime) return aTime < bTime ? -1 : 1
  if (aSequence === bSequence) return 0
  return aSequence < bSequence ? -1 : 1
}

/** The smallest id after `id`. */
export function nextId(id: string): string {
  const [time, sequence] = parts(id)
  return `${time}-${sequence + 1n}`
}

function parts(id: string): readonly [bigint, bigint] {
  const [time = '0', sequence = '0'] = id.split('-')
  return [BigInt(time), BigInt(sequence)]
}
