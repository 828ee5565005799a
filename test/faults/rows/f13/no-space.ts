import fs, { existsSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Given to a worker by `--import` where no small disk can be mounted: while there is a file `full` in its working directory,
 * a large file takes half of what is written to it, and then says that there is no space.
 */
const { open } = fs.promises
fs.promises.open = async (...args) => {
  const file = await open(...args)
  const whole = file.writeFile.bind(file)
  file.writeFile = async (data, options) => {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    if (!(bytes instanceof Uint8Array) || bytes.length < 65_536 || !existsSync('full')) {
      return whole(data, options)
    }
    await whole(bytes.subarray(0, bytes.length / 2))
    const error = new Error('ENOSPC: no space left on device, write')
    throw Object.assign(error, { code: 'ENOSPC', syscall: 'write', errno: -28 })
  }
  return file
}
syncBuiltinESMExports()
