#!/usr/bin/env node
import { main } from './command-line.ts'

/** 128 + SIGPIPE, as other programs end when `head` has read enough. */
const closedPipe = 141

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(closedPipe)
  throw error
})

process.exitCode = await main(process.argv.slice(2))
