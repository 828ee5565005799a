import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

import { serve } from './model.mjs'

// Lines of JSON in, lines of JSON out: for programs that are not JavaScript.
await serve(dirname(dirname(fileURLToPath(import.meta.url))))
