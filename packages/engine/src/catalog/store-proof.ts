import type { Storage } from './storage.ts'

/** A file that a worker leaves in the store, so that others see that theirs is the same. */
export interface StoreProbe {
  /** Of the store: the same for all its probes. */
  readonly id: string
  /** Of this probe: a copy of the store that was made before lacks it. */
  readonly token: string
}

/** Leaves a probe. It is durable when this returns. @throws InfrastructureError `STORAGE_FAILED` */
export async function leaveProbe(storage: Storage, probe: StoreProbe): Promise<void> {
  await storage.write(pathOf(probe), Buffer.from(contentOf(probe)))
}

/** Whether a probe is there, as it was left. @throws InfrastructureError `STORAGE_FAILED` */
export async function seesProbe(storage: Storage, probe: StoreProbe): Promise<boolean> {
  const found = await storage.read(pathOf(probe))
  return found !== undefined && Buffer.from(found).toString('utf8') === contentOf(probe)
}

/** Removes a probe that a later one has taken the place of. @throws InfrastructureError `STORAGE_FAILED` */
export async function removeProbe(storage: Storage, probe: StoreProbe): Promise<void> {
  await storage.remove(pathOf(probe))
}

function pathOf({ token }: StoreProbe): string {
  return `probes/${token}`
}

function contentOf({ id, token }: StoreProbe): string {
  return `${id} ${token}\n`
}
