import { FatalNodeError, node } from '@pipewright/engine'

import { classes, labels, sections } from '../datasets.ts'

export const fitSections = node({
  name: 'fit_sections',
  inputs: { labels },
  outputs: { sections },
  run({ labels }, { metric }) {
    const learnt = labels.filter(({ part }) => part === 'training').map(({ section }) => section)
    const sections = [...new Set(learnt)].toSorted()
    metric('sections', sections.length)
    return { sections }
  },
})

export const encodeLabels = node({
  name: 'encode_labels',
  inputs: { labels, sections },
  outputs: { classes },
  run: ({ labels, sections }) => ({
    classes: labels.map(({ section, part }) => {
      const place = sections.indexOf(section)
      if (place < 0) {
        throw new FatalNodeError(
          `Section "${section}" has entries in the ${part}, none to learn from.`,
        )
      }
      return { class: place, part }
    }),
  }),
})
