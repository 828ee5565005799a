import { describe, expect, it } from 'vitest'

import { ResourcePool } from './resource-pool.ts'

const long = 60_000

describe('a pool of resources', () => {
  it('gives out what it has and lets others wait until it comes back', async () => {
    const pool = new ResourcePool({ gpu: 2 })
    expect(await pool.take({ gpu: 2 }, long)).toBe(true)
    const next = pool.take({ gpu: 1 }, long)
    pool.give({ gpu: 2 })
    expect(await next).toBe(true)
    expect(pool.used).toEqual({ gpu: 1 })
  })

  it('serves a large need before a small one that came later', async () => {
    const pool = new ResourcePool({ gpu: 2 })
    await pool.take({ gpu: 1 }, long)
    const order: string[] = []
    const large = pool.take({ gpu: 2 }, long).then(() => order.push('large'))
    const small = pool.take({ gpu: 1 }, long).then(() => order.push('small'))
    pool.give({ gpu: 1 })
    await large
    pool.give({ gpu: 2 })
    await small
    expect(order).toEqual(['large', 'small'])
  })

  it('lets the next one in when the first has no patience left', async () => {
    const pool = new ResourcePool({ gpu: 2 })
    await pool.take({ gpu: 1 }, long)
    const large = pool.take({ gpu: 2 }, 1)
    const small = pool.take({ gpu: 1 }, long)
    expect(await large).toBe(false)
    expect(await small).toBe(true)
  })

  it('says how many fit, and none of what it does not offer', () => {
    const pool = new ResourcePool({ gpu: 2, memory: 10 })
    expect(pool.fits({ gpu: 1, memory: 4 })).toBe(2)
    expect(pool.fits({ tpu: 1 })).toBe(0)
  })

  it('counts fractions without drift', async () => {
    const pool = new ResourcePool({ cpu: 1 })
    for (let times = 0; times < 10; times += 1) await pool.take({ cpu: 0.1 }, long)
    expect(pool.used).toEqual({ cpu: 1 })
    for (let times = 0; times < 10; times += 1) pool.give({ cpu: 0.1 })
    expect(await pool.take({ cpu: 1 }, long)).toBe(true)
  })

  it('leaves nobody waiting when it is closed', async () => {
    const pool = new ResourcePool({ gpu: 1 })
    await pool.take({ gpu: 1 }, long)
    const waiting = pool.take({ gpu: 1 }, long)
    pool.close()
    expect(await waiting).toBe(false)
    expect(await pool.take({ gpu: 1 }, long)).toBe(false)
  })
})
