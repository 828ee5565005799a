import { writeSync } from 'node:fs'
import { Socket } from 'node:net'

import { batchFrames, BatchReader } from './batch-frames.ts'

/** The child's end of the two pipes to its worker. */
export interface ProcessChannel {
  /** Returns when the pipe has taken it: a body that says much waits for its worker, and no memory fills up. */
  send(batch: readonly unknown[]): void
  /** Called once. */
  listen(receive: (batch: unknown) => void): void
}

/** Opens it. The process ends when the worker's end is closed. */
export function openProcessChannel(pipes: {
  readonly toChild: number
  readonly fromChild: number
}): ProcessChannel {
  return {
    send(batch) {
      for (const part of batchFrames(batch)) writeAll(pipes.fromChild, part)
    },
    listen(receive) {
      const frames = new BatchReader()
      const socket = new Socket({ fd: pipes.toChild, readable: true, writable: false })
      socket.on('data', (piece: Buffer) => {
        for (const batch of frames.push(piece)) receive(batch)
      })
      socket.on('error', () => process.exit(0))
      socket.on('close', () => process.exit(0))
    },
  }
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at)
    } catch (error) {
      // Nobody is there any more who could be told.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) process.exit(0)
    }
  }
}
