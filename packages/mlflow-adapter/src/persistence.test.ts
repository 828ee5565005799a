import { describe, expect, it } from 'vitest'

import { MlflowError, RecordingStopped } from './failure.ts'
import { silent } from './log.ts'
import { Persistence } from './persistence.ts'

const away = (): MlflowError =>
  new MlflowError('MLFLOW_UNREACHABLE', 'away', { retryable: true, ambiguous: true })

const busy = (): MlflowError =>
  new MlflowError('MLFLOW_BUSY', 'slow down', {
    retryable: true,
    ambiguous: false,
    retryAfter: 30,
  })

const denied = (aside = false): MlflowError =>
  new MlflowError('MLFLOW_DENIED', 'who are you', {
    retryable: true,
    ambiguous: false,
    pauses: true,
    aside,
    status: 401,
    hint: 'Set a password.',
  })

const deniedAside = (): MlflowError => denied(true)

function persistence(
  options: Partial<ConstructorParameters<typeof Persistence>[0]> = {},
): Persistence {
  return new Persistence({
    firstDelay: 1,
    longestDelay: 2,
    log: silent,
    active: () => true,
    probe: () => Promise.reject(away()),
    signal: new AbortController().signal,
    ...options,
  })
}

/** An operation that fails so many times and then succeeds. */
function failing(times: number, error = away): () => Promise<string> {
  let left = times
  return () => (left-- > 0 ? Promise.reject(error()) : Promise.resolve('done'))
}

describe('persistence', () => {
  it('repeats a call until it succeeds, and says meanwhile what is wrong', async () => {
    const calls = persistence()
    const operation = failing(30)
    const troubles = new Set<string | undefined>()
    const result = await calls.call(() => {
      troubles.add(calls.trouble?.code)
      return operation()
    })
    expect(result).toBe('done')
    expect([...troubles]).toEqual([undefined, 'MLFLOW_UNREACHABLE'])
    expect(calls.trouble).toBeUndefined()
  })

  it('gives up at once on what no repetition can mend', async () => {
    const refused = new MlflowError('MLFLOW_REFUSED', 'no', { retryable: false, ambiguous: false })
    await expect(persistence().call(failing(1, () => refused))).rejects.toBe(refused)
  })

  it('lets one call at a time knock while the server is away', async () => {
    const calls = persistence()
    let atOnce = 0
    let most = 0
    let total = 0
    const operation = async (): Promise<void> => {
      atOnce++
      await new Promise((resolve) => setImmediate(resolve))
      // by then every call has failed once and takes its turn
      if (++total > 40 && total < 100) most = Math.max(most, atOnce)
      atOnce--
      if (total < 100) throw away()
    }
    await Promise.all(Array.from({ length: 20 }, () => calls.call(operation)))
    expect(most).toBe(1)
  })

  it('gives up on a call that fails on and on while the server takes others', async () => {
    await expect(persistence({ probe: async () => undefined }).call(failing(1000))).rejects.toThrow(
      'away',
    )
  })

  it('never gives up on a call of the record while access is denied', async () => {
    const locked = persistence({ probe: async () => undefined })
    expect(await locked.call(failing(40, denied))).toBe('done')
  })

  it('gives up on a call beside the record that alone is denied, and only then', async () => {
    const calls = persistence({ probe: async () => undefined })
    await expect(calls.call(failing(1000, deniedAside))).rejects.toThrow('who are you')
    expect(calls.trouble).toBeUndefined()
    const locked = persistence({ probe: () => Promise.reject(denied()) })
    expect(await locked.call(failing(40, deniedAside))).toBe('done')
  })

  it('tries once more when others are taken: access may have been given a moment ago', async () => {
    let isGiven = false
    const calls = persistence({
      probe: async () => {
        isGiven = true
      },
    })
    const operation = (): Promise<string> =>
      isGiven ? Promise.resolve('done') : Promise.reject(denied(true))
    expect(await calls.call(operation)).toBe('done')
  })

  it('tells once that it is paused and what to do, and once that it goes on', async () => {
    const lines: string[] = []
    const write = (_fields: object, message: string): void => void lines.push(message)
    const calls = persistence({ log: { info: write, warn: write, error: write } })
    const locked = failing(30, denied)
    await Promise.all(Array.from({ length: 8 }, () => calls.call(locked)))
    expect(lines).toEqual([
      'Recording is paused. who are you. Set a password.',
      'Recording goes on: MLflow lets us in again',
    ])
  })

  it('sends nothing while the server wants to be left alone', async () => {
    const calls = persistence()
    let quietUntil = 0
    const early: number[] = []
    const operation = (first: boolean) => async (): Promise<void> => {
      const now = performance.now()
      if (now < quietUntil) early.push(quietUntil - now)
      if (!first || quietUntil > 0) return
      quietUntil = now + 30
      throw busy()
    }
    const one = calls.call(operation(true))
    await new Promise((resolve) => setImmediate(resolve))
    await Promise.all([one, ...Array.from({ length: 5 }, () => calls.call(operation(false)))])
    expect(early).toEqual([])
  })

  it('waits as long as the server asks', async () => {
    const waits: unknown[] = []
    const log = { ...silent, warn: (fields: object) => waits.push(fields) }
    await persistence({ log }).call(failing(1, busy))
    expect(waits).toMatchObject([{ nextTryMs: 30 }])
  })

  it('ends when the lease is lost or the adapter stops', async () => {
    await expect(persistence({ active: () => false }).call(failing(0))).rejects.toThrow(
      RecordingStopped,
    )
    const stop = new AbortController()
    const waiting = persistence({
      longestDelay: 60_000,
      firstDelay: 60_000,
      signal: stop.signal,
    }).call(failing(5))
    stop.abort()
    await expect(waiting).rejects.toThrow(RecordingStopped)
  })
})
