import { parseArgs } from 'node:util'

import { mutants } from './mutants/index.ts'
import { hunt, mutate, restore } from './mutation.ts'
import { openGround } from './search.ts'

/** Plays random sequences on each mutant, and says which were found. `--only TEXT` takes those whose description has it.
 * Those that change nothing that matters are left out. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
})
const chosen = mutants.filter(
  ({ script, what, equivalent }) =>
    equivalent === undefined && `${script}: ${what}`.includes(values.only),
)
for (const mutant of chosen) mutate(mutant)
restore()
const ground = await openGround()
let caught = 0
const began = performance.now()
for (const mutant of chosen) {
  const options = { seed: Number(values.seed), runs: Number(values.runs) }
  const { sequences, violation } = await hunt(ground, mutant, options)
  if (violation !== undefined) caught += 1
  const line = violation?.split('\n', 1)[0] ?? 'NOT CAUGHT'
  console.log(`${mutant.script}: ${mutant.what}\n    ${sequences}: ${line.slice(0, 140)}`)
}
await ground.close()
const seconds = Math.round((performance.now() - began) / 1000)
console.log(`${caught} of ${chosen.length} mutants caught in ${seconds} s`)
