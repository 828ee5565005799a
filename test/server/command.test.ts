import { afterAll, beforeAll, expect, it } from 'vitest'

import { jsonLines, testProject, type TestProject } from '../cli/test-project.ts'

let project: TestProject
beforeAll(async () => {
  project = await testProject()
})
afterAll(() => project.dispose())

it('pipewright server answers with the tokens of pipewright.yml until SIGTERM, and not without them', async () => {
  const open = project.start(['server', '--host', '0.0.0.0', '--json']).ended
  const [made, refused] = await Promise.all([project.pipewright('server', 'token'), open])
  expect(refused.exitCode).toBe(3)
  expect(jsonLines(refused.stdout)).toMatchObject([{ code: 'SERVER_UNPROTECTED' }])

  const token = made.stdout.trim()
  const sha256 = /sha256: (?<digest>[0-9a-f]{64})/.exec(made.stderr)?.groups?.['digest'] ?? ''
  const settings = `server: { port: 0, tokens: { shop: { scopes: [read], sha256: ${sha256} } } }`
  await project.write('conf/base/pipewright.yml', `${settings}\n`)
  const server = project.start(['server', '--host', '0.0.0.0', '--allow-host', 'shop.example'])
  let shown = ''
  server.child.stderr?.on('data', (text: string) => (shown += text))
  await server.shows('/openapi.json')
  const port = /:(?<port>\d+)\/openapi\.json/.exec(shown)?.groups?.['port'] ?? ''
  const url = `http://127.0.0.1:${port}/v1/runs`
  expect((await fetch(url)).status).toBe(401)
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  expect(await answer.json()).toEqual({ runs: [] })
  server.child.kill('SIGTERM')
  const { exitCode, stdout } = await server.ended
  expect(exitCode).toBe(0)
  expect(jsonLines(stdout)).toMatchObject([{ level: 'warn', code: 'NOT_AUTHENTICATED' }])
})
