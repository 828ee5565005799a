import { expect, it } from 'vitest'

import { Links } from './links.ts'
import { artifactAddress } from './rest/artifacts.ts'

it('a link never carries the credentials of the tracking URI', () => {
  const links = new Links('https://user:secret@host/mlflow/')
  expect(links.run('1', 'abc')).toBe('https://host/mlflow/#/experiments/1/runs/abc')
  expect(links.pipeline('1', 'p')).not.toContain('secret')
})

it('an artifact has an address only where the server keeps it', () => {
  expect(artifactAddress('mlflow-artifacts:/1/run/artifacts', 'a b.json')).toBe(
    '/api/2.0/mlflow-artifacts/artifacts/1/run/artifacts/a%20b.json',
  )
  expect(artifactAddress('mlflow-artifacts://host:5000/1/run/artifacts', 'x')).toBe(
    '/api/2.0/mlflow-artifacts/artifacts/1/run/artifacts/x',
  )
  expect(artifactAddress('s3://bucket/1/run/artifacts', 'x')).toBeUndefined()
})
