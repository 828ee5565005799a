/** Descriptors of the two pipes between a worker and a child process, in the child. */
export const processPipes = { toChild: 3, fromChild: 4 } as const
