import { expect, it } from 'vitest'

import { commandText } from './run-origin.ts'

it.each([
  [
    ['run', 'training', '--params', 'train.epochs=50', 'seed=7', '--env', 'prod'],
    'pipewright run training --params train.epochs=… seed=… --env prod',
  ],
  [['run', 'training', '-p', 'a=1,b=[1,2]'], 'pipewright run training -p a=…,b=…'],
  [['run', 'training', '-ppassword=x'], 'pipewright run training -p password=…'],
  [['run', '--params=title=Hello, world', 't'], 'pipewright run --params=title=… t'],
  [['run', 't', '--tag', 'token=x y'], 'pipewright run t --tag token=…'],
  [['run', 't', '--redis', 'redis://u:p@h'], 'pipewright run t --redis …'],
  [['run', 't', '--redis=redis://u:p@h', '-q'], 'pipewright run t --redis=… -q'],
  [['run', 't', '--key', 'https://u:p@h/x'], 'pipewright run t --key https://…@h/x'],
])('%j is shown as %s', (words, text) => {
  expect(commandText(words)).toBe(text)
})
