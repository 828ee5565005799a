import { PipelineError } from '../errors.ts'

/**
 * Countable things that a node run needs while it runs and that a worker offers: `{ gpu: 1, memory: '8GiB' }`. Numbers, or
 * numbers with a unit of bytes: `KB MB GB TB`, `KiB MiB GiB TiB`.
 */
export type Resources = Readonly<Record<string, number | string>>

/** The same as plain numbers, names in order. */
export type Amounts = Readonly<Record<string, number>>

const units: Readonly<Record<string, number>> = {
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
}

/**
 * Amounts of resources. Those of 0 are left out, fractions are kept to a thousandth.
 *
 * @param whose Who needs or offers them, for the error: `Node "train"`.
 * @throws PipelineError `INVALID_RESOURCES`
 */
export function amountsOf(whose: string, resources: Resources): Amounts {
  const amounts: [string, number][] = []
  for (const [name, given] of Object.entries(resources)) {
    const amount = amountOf(given)
    if (amount === undefined || !/^[a-zA-Z][a-zA-Z0-9_-]{0,39}$/.test(name)) {
      throw new PipelineError(
        'INVALID_RESOURCES',
        `${whose} has resources ${name}: ${JSON.stringify(given)}.`,
        {
          hint: 'Name a resource with letters, digits, "_" and "-", and give a number, or a number with a unit: { gpu: 1, memory: \'8GiB\' }.',
        },
      )
    }
    if (amount > 0) amounts.push([name, amount])
  }
  return Object.freeze(Object.fromEntries(amounts.toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

function amountOf(given: unknown): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]i?B)?$/.exec(String(given))
  if (match === null) return undefined
  const amount = Math.round(Number(match[1]) * (units[match[2] ?? ''] ?? 1) * 1000) / 1000
  return Number.isFinite(amount) && amount <= 1e15 ? amount : undefined
}
