import { hash } from 'node:crypto'

/** An alias beside the main one, and the share of requests that it gets. */
export interface Share {
  readonly alias: string
  /** From 0 to 1. */
  readonly share: number
}

/**
 * Where a key stands between 0 and 1. The same key always stands at the same place, in every process; another `salt`
 * (the name of the model) mixes them anew, so that not the same people try out everything.
 */
export function placeOf(key: string, salt: string): number {
  // 48 bits: as many as a number holds exactly with room to spare.
  return Number.parseInt(hash('sha256', `${salt}\0${key}`).slice(0, 12), 16) / 2 ** 48
}

/**
 * The alias for a place, undefined for the main one. Shares lie one after the other from 0 on, so a share that grows
 * keeps those whom it had.
 */
export function chooseAlias(shares: readonly Share[], place: number): string | undefined {
  let end = 0
  for (const { alias, share } of shares) {
    end += share
    if (place < end) return alias
  }
  return undefined
}
