import { readFile } from 'node:fs/promises'

const LINES = 5

/** The last lines of a server's log, for the message of an error. */
export async function logTail(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trimEnd().split('\n').slice(-LINES).join('\n')
  } catch {
    return '(no log)'
  }
}
