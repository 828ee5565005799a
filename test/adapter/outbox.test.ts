import { keys, observe, type Event, type Observer } from '@pipewright/engine/internal'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { removePrefix, sharedRedisUrl, startRedis, uniquePrefix } from '../support/redis.ts'

function event(run: string): Event {
  return { type: 'run_finished', run, status: 'succeeded', at: 1 }
}

async function runsRead({ outbox }: Observer): Promise<readonly string[]> {
  // the first read makes the group, later ones read
  for (;;) {
    const entries = await outbox.read(10, 50)
    if (entries.length > 0) return entries.map((entry) => entry.event.run)
  }
}

describe('the outbox', () => {
  let prefix: string
  let redis: Redis
  const observers: Observer[] = []

  beforeEach(() => {
    prefix = uniquePrefix('outbox')
    redis = new Redis(sharedRedisUrl())
  })
  afterEach(async () => {
    for (const observer of observers.splice(0)) observer.close()
    redis.disconnect()
    await removePrefix(sharedRedisUrl(), prefix)
  })

  function follow(group: string, consumer: string, claimAfter = 60_000): Observer {
    const observer = observe({ redis: sharedRedisUrl(), prefix, group, consumer, claimAfter })
    observers.push(observer)
    return observer
  }
  async function say(...runs: readonly string[]): Promise<readonly string[]> {
    const ids = await Promise.all(
      runs.map((run) => redis.xadd(keys.outbox(prefix), '*', 'e', JSON.stringify(event(run)))),
    )
    return ids.map(String)
  }
  it('is read from its beginning by a group that comes late', async () => {
    await say('a', 'b')
    expect(await runsRead(follow('one', 'x'))).toEqual(['a', 'b'])
    expect(await runsRead(follow('two', 'x'))).toEqual(['a', 'b'])
  })

  it('gives a restarted consumer what it had not acknowledged, before anything new', async () => {
    const [first = ''] = await say('a', 'b', 'c')
    const before = follow('one', 'x')
    await runsRead(before)
    await before.outbox.ack([first])
    before.close()
    await say('d')
    const after = follow('one', 'x')
    expect(await runsRead(after)).toEqual(['b', 'c'])
    expect(await runsRead(after)).toEqual(['d'])
  })

  it('gives what a dead consumer held to another one', async () => {
    await say('a')
    await runsRead(follow('one', 'dead'))
    expect(await runsRead(follow('one', 'alive', 1))).toEqual(['a'])
  })

  it('does not hand an entry out twice while it is held', async () => {
    await say('a')
    const reader = follow('one', 'x', 1)
    await runsRead(reader)
    await say('b')
    expect(await runsRead(reader)).toEqual(['b'])
    expect(await reader.outbox.read(10, 20)).toEqual([])
  })

  it('hands a released entry out again', async () => {
    const ids = await say('a')
    const reader = follow('one', 'x')
    await runsRead(reader)
    reader.outbox.release(ids)
    expect(await runsRead(reader)).toEqual(['a'])
  })

  it('is trimmed by what every group has acknowledged, never by length', async () => {
    const ids = await say('a', 'b', 'c')
    const fast = follow('fast', 'x')
    const slow = follow('slow', 'x')
    await runsRead(fast)
    await runsRead(slow)
    await fast.outbox.ack(ids)
    await slow.outbox.ack(ids.slice(1))
    expect(await fast.outbox.trim()).toBe(0)
    await slow.outbox.ack(ids)
    expect(await fast.outbox.trim()).toBe(3)
    await say('d')
    expect(await runsRead(fast)).toEqual(['d'])
    expect(await slow.outbox.trim()).toBe(0)
    expect(await runsRead(slow)).toEqual(['d'])
  })

  it('keeps everything while no group reads it', async () => {
    const reader = follow('one', 'x')
    expect(await reader.outbox.trim()).toBe(0)
    await say('a')
    expect(await reader.outbox.trim()).toBe(0)
  })

  it('puts an entry that is no event aside and goes on', async () => {
    await redis.xadd(keys.outbox(prefix), '*', 'e', '{"type":"node_danced"}')
    await redis.xadd(keys.outbox(prefix), '*', 'other', 'field')
    await redis.xadd(keys.outbox(prefix), '*', 'e', 'not JSON')
    await say('a')
    const reader = follow('one', 'x')
    expect(await runsRead(reader)).toEqual(['a'])
    expect(await reader.outbox.deadLetters()).toBe(3)
    const letter = await redis.lindex(keys.deadLetters(prefix, 'one'), 0)
    expect(JSON.parse(letter ?? '')).toMatchObject({
      code: 'OUTBOX_ENTRY_INVALID',
      entry: '{"type":"node_danced"}',
    })
  })

  it('forgets a pending entry that was deleted from the stream', async () => {
    const [first = ''] = await say('a', 'b')
    await runsRead(follow('one', 'x'))
    await redis.xdel(keys.outbox(prefix), first)
    const again = follow('one', 'x')
    expect(await runsRead(again)).toEqual(['b'])
    expect(await redis.xpending(keys.outbox(prefix), 'one')).toHaveProperty('0', 1)
  })

  it('is reached when all entries up to a position are acknowledged, whatever came later', async () => {
    const reader = follow('one', 'x')
    expect(await reader.outbox.reached(await reader.outbox.position())).toBe(true)
    const ids = await say('a', 'b')
    const position = await reader.outbox.position()
    expect(await reader.outbox.reached(position)).toBe(false)
    await runsRead(reader)
    expect(await reader.outbox.reached(position)).toBe(false)
    await reader.outbox.ack(ids)
    await say('c')
    await runsRead(reader)
    expect(await reader.outbox.reached(position)).toBe(true)
  })

  it('lets one process at a time hold the lease', async () => {
    const one = follow('one', 'x').lease
    const two = follow('one', 'x').lease
    expect(await one.acquire()).toBe(true)
    expect(await two.acquire()).toBe(false)
    expect(await one.acquire()).toBe(true)
    expect([one.held, two.held]).toEqual([true, false])
    await one.release()
    expect(await two.acquire()).toBe(true)
    expect([one.held, two.held]).toEqual([false, true])
  })
})

describe('a Redis that is killed, or emptied', () => {
  it('is read on when it is back', async () => {
    const server = await startRedis()
    const redis = new Redis(server.url, { maxRetriesPerRequest: null })
    redis.on('error', () => undefined)
    const observer = observe({ redis: server.url, prefix: '{pw}', group: 'one', consumer: 'x' })
    const seen: string[] = []
    const readUntil = async (count: number): Promise<void> => {
      while (seen.length < count) {
        const entries = await observer.outbox.read(10, 200)
        seen.push(...entries.map((entry) => entry.event.run))
        await observer.outbox.ack(entries.map(({ id }) => id))
      }
    }
    await redis.xadd(keys.outbox('{pw}'), '*', 'e', JSON.stringify(event('a')))
    await readUntil(1)
    const reading = readUntil(2)
    await server.kill()
    await server.restart()
    await redis.xadd(keys.outbox('{pw}'), '*', 'e', JSON.stringify(event('b')))
    await reading
    await redis.flushall()
    await redis.xadd(keys.outbox('{pw}'), '*', 'e', JSON.stringify(event('c')))
    await readUntil(3)
    // the last second before the kill may be lost, and with it the knowledge that a was read
    expect(seen.filter((run) => run !== 'a')).toEqual(['b', 'c'])
    observer.close()
    redis.disconnect()
    await server.stop()
  })
})
