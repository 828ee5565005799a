import { defineProject, pipeline } from '@pipewright/engine'

import { n1 } from './nodes/n1.ts'
import { n2 } from './nodes/n2.ts'
import { n3 } from './nodes/n3.ts'
import { n4 } from './nodes/n4.ts'
import { n5 } from './nodes/n5.ts'
import { n6 } from './nodes/n6.ts'
import { n7 } from './nodes/n7.ts'
import { n8 } from './nodes/n8.ts'
import { n9 } from './nodes/n9.ts'
import { n10 } from './nodes/n10.ts'

export default defineProject({
  pipelines: [pipeline('ten', [n1, n2, n3, n4, n5, n6, n7, n8, n9, n10])],
})
