import { dataset, node, pipeline, type Pipeline } from '@pipewright/engine'
import * as z from 'zod'

/** Datasets that are let in with the right secrets. */
const open = ['web_basic', 'web_token', 'web_headers', 'web_signed'] as const
/** Datasets whose storage says no, each in its own words. */
export const closed: readonly string[] = [
  'denied_basic',
  'denied_token',
  'denied_signed',
  'denied_s3',
  'denied_s3_session',
  'misspelt',
  // Their libraries take seconds to load.
  ...(process.env['PIPEWRIGHT_TEST_BUCKETS'] === '1'
    ? ['denied_gcs', 'denied_azure', 'denied_azure_sas', 'no_key_file']
    : []),
]

function reader(name: string): ReturnType<typeof node> {
  const content = dataset(name, z.string())
  const length = dataset(`length_of_${name}`, z.number())
  return node({
    name: `read_${name}`,
    inputs: { content },
    outputs: { length },
    run: ({ content: text }) => ({ length: text.length }),
  })
}

/** Reads with secrets and does nothing with them. */
export const honest: Pipeline = pipeline('honest', open.map(reader))

/** Each fails for itself. */
export const denied: readonly Pipeline[] = closed.map((name) =>
  pipeline(`read-${name.replaceAll('_', '-')}`, [reader(name)]),
)

/** What careless code prints and throws. Its secrets come from the environment, as those of `credentials.yml` do. */
function secrets(): readonly string[] {
  return Object.entries(process.env).flatMap(([name, value]) =>
    name.startsWith('PLANTED_') && value !== undefined ? [value] : [],
  )
}

function encoded(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  return [secret, JSON.stringify({ secret }), encodeURIComponent(secret), bytes.toString('base64')]
}

const told = dataset('told', z.string())
const failing = { retries: 1, backoff: { delay: 5, jitter: 0 } } as const

/** Prints secrets, throws them, and crashes with them on its lips. */
export const careless: Pipeline = pipeline('careless', [
  node({
    name: 'prints',
    inputs: {},
    outputs: { told },
    run: (_, { log, metric }) => {
      for (const text of secrets().flatMap(encoded)) {
        log.info(`signing in with ${text}`, { text, nested: { list: [text] } })
        console.log(text)
        console.error(`error: ${text}`)
      }
      metric('printed', secrets().length)
      return { told: 'nothing' }
    },
  }),
  node({
    name: 'throws',
    inputs: {},
    ...failing,
    outputs: { never: dataset('never', z.string()) },
    run: () => {
      const [first = '', ...others] = secrets()
      throw new Error(`cannot sign in with ${first}`, {
        cause: new Error(others.flatMap(encoded).join(' ')),
      })
    },
  }),
  node({
    name: 'crashes',
    inputs: {},
    isolation: 'process',
    outputs: { nothing: dataset('nothing', z.string()) },
    run: () => {
      setImmediate(() => {
        throw new Error(`gone: ${secrets().join(' ')}`)
      })
      return new Promise<{ nothing: string }>(() => undefined)
    },
  }),
])
