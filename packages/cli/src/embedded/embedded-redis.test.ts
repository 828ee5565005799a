import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { isSameProcess, processIdentity } from '@pipewright/python/environment'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { openRedis, redisBinary, stopEmbeddedRedis } from './embedded-redis.ts'
import { redisOnPath } from './redis-binary.ts'
import { probeRedis } from './redis-probe.ts'
import { readServerRecord, type ServerRecord } from './server-record.ts'

let root: string
let stateFile: string

beforeEach(async () => {
  vi.stubEnv('REDIS_URL', undefined)
  root = await mkdtemp(join(tmpdir(), 'pipewright-redis-'))
  stateFile = join(root, '.pipewright', 'redis.json')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await stopEmbeddedRedis(root)
  await rm(root, { recursive: true, force: true })
})

async function record(): Promise<ServerRecord & { pid: number; identity: string }> {
  const found = await readServerRecord(stateFile)
  if (found?.pid == null || found.identity === null) throw new Error('no running server recorded')
  return { ...found, pid: found.pid, identity: found.identity }
}

async function isUp(): Promise<boolean> {
  const { pid, identity } = await record()
  return isSameProcess(pid, identity)
}

/** Another process that opens the Redis of `root` and holds it until it is killed. */
async function otherUser(): Promise<{ url: string; kill(): Promise<void> }> {
  const module = new URL('embedded-redis.ts', import.meta.url).href
  const script = `
    const { openRedis } = await import(${JSON.stringify(module)})
    const redis = await openRedis({ root: ${JSON.stringify(root)} })
    console.log(redis.url)
    setInterval(() => undefined, 1000)`
  const child = spawn(
    process.execPath,
    ['--conditions=@pipewright/source', '--input-type=module', '-e', script],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return {
    url,
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

describe('openRedis', () => {
  it('takes REDIS_URL as it is and starts nothing', async () => {
    vi.stubEnv('REDIS_URL', 'redis://elsewhere:6379/3')
    const redis = await openRedis({ root })
    expect(redis).toMatchObject({ url: 'redis://elsewhere:6379/3', source: 'environment' })
    await redis.close()
    expect(await readServerRecord(stateFile)).toBeUndefined()
  })

  it('starts one server that asks for its password, keeps its data private and stops with its last user', async () => {
    const first = await openRedis({ root })
    const second = await openRedis({ root })
    expect(second).toMatchObject({ url: first.url, source: 'shared' })
    const { port, secret } = await record()
    expect((await probeRedis(port, secret)).state).toBe('ready')
    expect((await probeRedis(port, 'wrong')).pid).toBeUndefined()
    expect((await stat(join(root, '.pipewright', 'redis'))).mode & 0o777).toBe(0o700)
    expect((await stat(stateFile)).mode & 0o777).toBe(0o600)
    await first.close()
    await first.close()
    expect(await isUp()).toBe(true)
    await second.close()
    expect(await isUp()).toBe(false)
  })

  it('is one server for processes that open it at the same moment', async () => {
    const opened = await Promise.all([otherUser(), otherUser(), openRedis({ root })])
    const [one, two, ours] = opened
    expect(new Set(opened.map(({ url }) => url)).size).toBe(1)
    await ours.close()
    expect(await isUp()).toBe(true)
    await Promise.all([one.kill(), two.kill()])
  })

  it('survives a crash of its users, and the next start finds it', async () => {
    const crashed = await otherUser()
    await crashed.kill()
    expect(await isUp()).toBe(true)
    const redis = await openRedis({ root })
    expect(redis).toMatchObject({ url: crashed.url, source: 'shared' })
    await redis.close()
    expect(await isUp()).toBe(false)
  })

  it('starts anew when the recorded process id belongs to another process by now', async () => {
    const redis = await openRedis({ root })
    await redis.close()
    const stale = await readFile(stateFile, 'utf8')
    await writeFile(stateFile, JSON.stringify({ ...JSON.parse(stale), pid: process.pid }))
    const next = await openRedis({ root })
    expect(next.source).not.toBe('shared')
    await next.close()
    expect(await processIdentity(process.pid)).toBeDefined()
  })

  it('does not take a stranger on the recorded port for its own', async () => {
    const stranger = createServer((socket) => socket.end('-ERR no\r\n')).listen(0, '127.0.0.1')
    await once(stranger, 'listening')
    const address = stranger.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const planned = { port, secret: 'mine', pid: null, identity: null, users: [] }
    await openRedis({ root }).then((redis) => redis.close())
    await writeFile(stateFile, JSON.stringify(planned))
    const redis = await openRedis({ root })
    expect((await record()).port).not.toBe(port)
    await redis.close()
    stranger.close()
  })

  it('finds the server that a process started and died before it wrote the process id', async () => {
    const redis = await openRedis({ root })
    const { port, secret, pid } = await record()
    await writeFile(
      stateFile,
      JSON.stringify({ port, secret, pid: null, identity: null, users: [] }),
    )
    const found = await openRedis({ root })
    expect(found.source).toBe('shared')
    expect((await record()).pid).toBe(pid)
    await found.close()
    await redis.close()
  })

  it('is started again for a new user when it died, and stays for those who hold it still', async () => {
    const first = await openRedis({ root })
    process.kill((await record()).pid, 'SIGKILL')
    await vi.waitFor(async () => expect(await isUp()).toBe(false))
    const second = await openRedis({ root })
    expect(second.source).not.toBe('shared')
    await second.close()
    expect(await isUp()).toBe(true)
    await first.close()
    expect(await isUp()).toBe(false)
  })

  it('stays when its last user keeps it', async () => {
    const redis = await openRedis({ root })
    await redis.close({ keep: true })
    expect(await isUp()).toBe(true)
    expect(await stopEmbeddedRedis(root)).toBe(true)
    expect(await stopEmbeddedRedis(root)).toBe(false)
  })

  it('names the three ways out when there is no way to a Redis', async () => {
    vi.stubEnv('PATH', '')
    vi.stubEnv('PIPEWRIGHT_PYTHON_ENV', join(root, 'no-environment'))
    await expect(openRedis({ root })).rejects.toMatchObject({
      code: 'REDIS_NOT_FOUND',
      hint: expect.stringMatching(/REDIS_URL.*Valkey.*Python/),
      cause: { code: 'PYTHON_NOT_FOUND' },
    })
  })

  it('says what the log says when the server cannot start', async () => {
    const redis = await openRedis({ root })
    await redis.close()
    const manifest = join(root, '.pipewright/redis/appendonlydir/appendonly.aof.manifest')
    await writeFile(manifest, 'not a manifest')
    await expect(openRedis({ root })).rejects.toMatchObject({
      code: 'REDIS_START_FAILED',
      message: expect.stringMatching(/manifest/i),
    })
  })

  it('prefers a server on PATH and passes over one that is too old', async () => {
    const { path } = await redisBinary({ root })
    const [old, recent] = [join(root, 'old'), join(root, 'recent')]
    await Promise.all([mkdir(old), mkdir(recent)])
    await writeFile(join(old, 'redis-server'), '#!/bin/sh\necho "Redis server v=6.0.16"\n', {
      mode: 0o755,
    })
    await symlink(path, join(recent, 'redis-server'))
    vi.stubEnv('PATH', `${old}:${recent}:${process.env['PATH'] ?? ''}`)
    const redis = await openRedis({ root })
    expect(redis.source).toBe('path')
    expect(await redisOnPath(old)).toBeUndefined()
    await redis.close()
  })
})
