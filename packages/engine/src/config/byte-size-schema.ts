import * as z from 'zod'

const powers: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 }
const form = /^(?<amount>\d+(?:\.\d+)?)\s*(?<unit>[kmgt]?)(?<binary>i?)b?$/i

/** A number of bytes as people write it: `5MB` (millions), `5MiB` (2^20), or a number. Undefined for anything else. */
export function byteSize(text: string | number): number | undefined {
  const { amount, unit = '', binary } = form.exec(String(text).trim())?.groups ?? {}
  const power = powers[unit.toLowerCase()]
  if (amount === undefined || power === undefined) return undefined
  const size = Math.round(Number(amount) * (binary ? 1024 : 1000) ** power)
  return Number.isSafeInteger(size) ? size : undefined
}

/** A number of bytes, parsed. */
export const ByteSizeSchema: z.ZodType<number> = z
  .union([z.string(), z.number()])
  .transform((value, context) => {
    const size = byteSize(value)
    if (size !== undefined) return size
    context.addIssue({ code: 'custom', message: 'Expected a size such as 500kB, 5MB or 2GiB.' })
    return z.NEVER
  })
