import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { pythonSources } from './python-sources.ts'

const project = {
  'train.py':
    'import numpy as np\nfrom data import load\nimport shared.names, os\n\ndef f():\n    from late import x\n',
  'data/__init__.py': 'from .load import read\n',
  'data/load.py': 'from . import clean\nfrom ..unrelated import no\n',
  'data/clean.py': '',
  'data/unused.py': '',
  'shared/names.py': '',
  'late.py': 'import train\n',
  'other.py': '',
}

function written(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'pipewright-sources-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

test('the sources of a module are those that it imports from its own folder', () => {
  expect(Object.keys(pythonSources(written(project), 'train'))).toEqual([
    'data/__init__.py',
    'data/clean.py',
    'data/load.py',
    'late.py',
    'shared/names.py',
    'train.py',
  ])
})

test('a change of what is imported is a change, and of another file is none', () => {
  const before = pythonSources(written(project), 'train')
  expect(pythonSources(written({ ...project, 'other.py': 'x = 1\n' }), 'train')).toEqual(before)
  const after = pythonSources(written({ ...project, 'data/clean.py': 'x = 1\n' }), 'train')
  expect(after).not.toEqual(before)
})

test('a module that is not there has no sources', () => {
  expect(pythonSources(written({}), 'a.b')).toEqual({})
})
