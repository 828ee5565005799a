import type { Command } from 'commander'

/**
 * What a file of `commands/` exports: it declares arguments, options and the action on `command`. It must import
 * nothing heavy by itself; actions import what they need when they run.
 */
export type CommandFile = (command: Command, setExitCode: (code: number) => void) => void
