import { createHash } from 'node:crypto'

import { scriptText, type ScriptName } from '@pipewright/engine/internal'
import { Redis } from 'ioredis'

const names: readonly ScriptName[] = [
  'advance',
  'cancel',
  'claim',
  'note',
  'publish',
  'recover',
  'settle',
  'submit',
]

/** One call of a script. */
export interface ScriptCall {
  readonly script: string
  /** CPU time of the server between the commands before and after it: another process cannot lengthen it. */
  readonly milliseconds: number
}

/**
 * Takes the CPU time of every script that this process sends from now on, by asking for the server's before and after it
 * in one transaction. Redis' slow log has wall time, which says little on a busy machine.
 */
export function meterScripts(onCall: (call: ScriptCall) => void): void {
  const known = new Map(
    names.map((name) => [createHash('sha1').update(scriptText(name)).digest('hex'), name]),
  )
  Redis.prototype.evalsha = async function metered(
    this: Redis,
    ...args: unknown[]
  ): Promise<unknown> {
    const sha = String(args[0])
    const replies = await this.multi()
      .info('cpu')
      // The arguments of evalsha as they came.
      .call('evalsha', ...(args as string[]))
      .info('cpu')
      .exec()
    const [before, script, after] = replies ?? []
    if (script?.[0]) throw script[0]
    const milliseconds = mainThread(after?.[1]) - mainThread(before?.[1])
    onCall({ script: known.get(sha) ?? sha, milliseconds })
    return script?.[1]
  }
}

/** CPU time of the thread that runs scripts, in milliseconds. */
function mainThread(info: unknown): number {
  const text = String(info)
  const seconds = [/^used_cpu_sys_main_thread:(.+)$/m, /^used_cpu_user_main_thread:(.+)$/m].map(
    (field) => Number(field.exec(text)?.[1]),
  )
  return seconds.reduce((sum, value) => sum + value, 0) * 1000
}
