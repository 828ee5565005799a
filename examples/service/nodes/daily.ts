import { node, param } from '@pipewright/engine'
import * as z from 'zod'

import { readings, report } from '../datasets.ts'

const measured = param('measured', z.array(z.number()).max(1440))

/** No wind that was ever measured on land is stronger; gauges that fail show such numbers. */
const strongest = 115

export const clean = node({
  name: 'clean',
  inputs: {},
  outputs: { readings },
  params: { measured },
  run: (_, { params }) => ({
    readings: params.measured.filter((speed) => speed >= 0 && speed <= strongest),
  }),
})

export const summarise = node({
  name: 'summarise',
  inputs: { readings },
  outputs: { report },
  params: { station: z.string().min(1).max(50), day: z.iso.date(), measured },
  run({ readings }, { params: { station, day, measured }, metric }) {
    const total = readings.reduce((sum, speed) => sum + speed, 0)
    const mean = readings.length === 0 ? null : total / readings.length
    const gust = readings.length === 0 ? null : Math.max(...readings)
    const refused = measured.length - readings.length
    metric('refused', refused)
    if (mean !== null) metric('mean', mean)
    return { report: { station, day, readings: readings.length, refused, mean, gust } }
  },
})
