/** Names of all keys in Redis. Every key starts with `<prefix>:`, and the prefix is one hash tag (`{pw}` by default). */

/** The stream of events, one entry a transition, field `e`. */
export const outbox = (prefix: string): string => `${prefix}:outbox`
/** Consumer groups that lost entries of the outbox: a hash, group -> id before which entries are gone. */
export const outboxGaps = (prefix: string): string => `${prefix}:outbox:gaps`
/** Entries that a consumer group could not use, oldest first. */
export const deadLetters = (prefix: string, group: string): string =>
  `${prefix}:dead-letters:${group}`
/** Header of a run: a hash. */
export const run = (prefix: string, id: string): string => `${prefix}:run:${id}`
/** Records of the ended node runs of a run: a hash, index -> JSON of `NodeFinished`. */
export const nodes = (prefix: string, id: string): string => `${prefix}:run:${id}:nodes`
/** Datasets of a run: a hash, name -> JSON of `DatasetReference`. */
export const data = (prefix: string, id: string): string => `${prefix}:run:${id}:data`
/** A stored plan: a hash with the field `json`. */
export const plan = (prefix: string, hash: string): string => `${prefix}:plan:${hash}`
/** Stored plans: a sorted set of hashes, score = time of the last use. */
export const plans = (prefix: string): string => `${prefix}:plans`
/** What the MLflow adapter has recorded of a run: a hash, record -> MLflow run id. */
export const mlflowRuns = (prefix: string, id: string): string => `${prefix}:mlflow:${id}`
/** Lease of the one active consumer of a group: a string with an expiry. */
export const consumerLease = (prefix: string, group: string): string => `${prefix}:lease:${group}`
/** Why a consumer group cannot do its work just now: a string with an expiry, JSON of `Trouble`. */
export const trouble = (prefix: string, group: string): string => `${prefix}:trouble:${group}`
/** Runs that have not ended: a sorted set, score = time of creation. */
export const activeRuns = (prefix: string): string => `${prefix}:runs`
/** Runs that have ended: a sorted set, score = time of the end. */
export const finishedRuns = (prefix: string): string => `${prefix}:finished`
/**
 * What is known of node runs that have started and not ended, or wait for a retry: a hash, index -> JSON; and
 * `<index>/<sender>` -> number of the last message about it.
 */
export const live = (prefix: string, id: string): string => `${prefix}:run:${id}:live`
/** Datasets of a run that are committed and not yet published: a set. */
export const unpublished = (prefix: string, id: string): string => `${prefix}:run:${id}:publish`
/** All publications that are still to be made: a sorted set of `run|index|dataset`, score = order of commits. */
export const publications = (prefix: string): string => `${prefix}:publications`
/** Order of the last publication of each catalog path: a hash. */
export const published = (prefix: string): string => `${prefix}:published`
/** Lock of one catalog path: a string with an expiry. */
export const publishing = (prefix: string, path: string): string => `${prefix}:publishing:${path}`
/** Chunks of edges that wait to be followed: a list. */
export const backlog = (prefix: string): string => `${prefix}:backlog`
/** Every timer: a sorted set, score = due time. */
export const due = (prefix: string): string => `${prefix}:due`
/** Timers in `due` of node runs that a worker left, as its code does not have them: a sorted set, score = when. */
export const left = (prefix: string): string => `${prefix}:left`
/** The store that workers share: JSON of `StoreRecord`. */
export const store = (prefix: string): string => `${prefix}:store`
/** Indexes of the nodes of a run that are maps and have been expanded: a set. */
export const maps = (prefix: string, id: string): string => `${prefix}:run:${id}:maps`
/** How far a map is: a hash. See `MapState`. */
export const map = (prefix: string, id: string, index: number | string): string =>
  `${prefix}:run:${id}:map:${index}`
/** Elements of a map that failed: a bitmap. */
export const failedElements = (prefix: string, id: string, index: number | string): string =>
  `${prefix}:run:${id}:failed:${index}`
/** Records of the ended elements of a map: a hash, element -> text of `encodeElementRecord`. */
export const elements = (prefix: string, id: string, index: number | string): string =>
  `${prefix}:run:${id}:elements:${index}`
/** Records that a map is to begin with, until it is expanded: a hash like that of `elements`. */
export const keptElements = (prefix: string, id: string, index: number, token: string): string =>
  `${prefix}:run:${id}:kept:${index}:${token}`
/** Results that a resumed run takes over: a hash, index -> msgpack of record, details and declined dependents. */
export const kept = (prefix: string, id: string): string => `${prefix}:run:${id}:kept`
/** Dependents that branches of a run have not chosen: a hash, index of the branch -> msgpack of their indexes. */
export const declined = (prefix: string, id: string): string => `${prefix}:run:${id}:declined`
/** The node run that has the result of this fingerprint: a string `run|index` with an expiry. */
export const reuse = (prefix: string, fingerprint: string): string =>
  `${prefix}:reuse:${fingerprint}`
/** Names of all queues that runs have used: a set. */
export const queues = (prefix: string): string => `${prefix}:queues`
/** The run that an idempotency key names: a string with an expiry. */
export const idempotency = (prefix: string, key: string): string => `${prefix}:key:${key}`
/** Nodes of a run that are released and not yet admitted to a queue: a list. */
export const ready = (prefix: string, id: string, queue: string): string =>
  `${prefix}:run:${id}:ready:${queue}`
/** Runs with a ready list for a queue, in turn: a list. */
export const readyRuns = (prefix: string, queue: string): string => `${prefix}:ready:${queue}`
/** Workers by id: a sorted set, score = time of the last beat. */
export const workers = (prefix: string): string => `${prefix}:workers`
/** What a worker says of itself: JSON with an expiry. */
export const worker = (prefix: string, id: string): string => `${prefix}:worker:${id}`
/** Why a publication could not be made when it was last tried: JSON with an expiry. */
export const publicationProblem = (prefix: string, member: string): string =>
  `${prefix}:publication:${member}`
/** BullMQ's `prefix` option: its keys are `<this>:<queue>:<key>`. */
export const queuePrefix = (prefix: string): string => `${prefix}:queue`

/** Runs that are being cancelled and have not ended: a set. */
export const cancelling = (prefix: string): string => `${prefix}:cancelling`
/** Losses of workers of each node run of a run: a hash, index -> count. */
export const losses = (prefix: string, id: string): string => `${prefix}:run:${id}:losses`
/** Name of the queue where a queue's suspects run alone. As in `lua/ledger.lua`. */
export const quarantine = (queue: string): string => `${queue}~quarantine`
/** Written at each barrier of `durability: strict`, so that there is something to be synced: a string with an expiry. */
export const barrier = (prefix: string): string => `${prefix}:barrier`
/** Pipelines that workers have published, to be enqueued by name: a hash, name -> JSON of `PublishedPipeline`. */
export const pipelines = (prefix: string): string => `${prefix}:pipelines`
/** Pipelines of which no run may begin: a set. */
export const pausedPipelines = (prefix: string): string => `${prefix}:paused`
/** What runs wait for before they begin, limits and paused pipelines: a set. */
export const waits = (prefix: string): string => `${prefix}:waits`
/** Runs that wait for one of these: a sorted set, higher priorities first, then the oldest. */
export const waiting = (prefix: string, what: string): string => `${prefix}:waiting:${what}`
/** Who holds a limit: a hash, run or `<run>/<node>` -> since when, or the job. */
export const held = (prefix: string, what: string): string => `${prefix}:held:${what}`
/** Priorities other than 0 of runs that wait for admission to a queue: a sorted set. */
export const levels = (prefix: string, queue: string): string => `${prefix}:levels:${queue}`
/** Schedules by name: a hash, name -> JSON of `StoredSchedule`. */
export const schedules = (prefix: string): string => `${prefix}:schedules`
/** Changes whenever one of them does, so that schedulers need not read them all the time: a string. */
export const schedulesRevision = (prefix: string): string => `${prefix}:schedules:revision`
/** Lanes of schedules with slots that run or wait: a set of `<lane>/<schedule>`. */
export const busyLanes = (prefix: string): string => `${prefix}:schedules:busy`
/** How far a schedule has come: a hash with the cursor, the pause, the last trouble and the runs of slots that go on. */
export const schedule = (prefix: string, name: string): string => `${prefix}:schedule:${name}`
/** Slots of a schedule that are to have a run and whose run has not ended: a sorted set by time. */
export const slotsRunning = (prefix: string, name: string, lane: string): string =>
  `${prefix}:schedule:${name}:${lane}:running`
/** Slots of a schedule that wait for others of it to end: a sorted set by time. */
export const slotsWaiting = (prefix: string, name: string, lane: string): string =>
  `${prefix}:schedule:${name}:${lane}:waiting`
/** What is known of the code of a node by its fingerprint: JSON with an expiry. */
export const code = (prefix: string, fingerprint: string): string => `${prefix}:code:${fingerprint}`
/** Files of code, path -> begin of sha256, by their digest: JSON with an expiry. */
export const codeFiles = (prefix: string, digest: string): string =>
  `${prefix}:code-files:${digest}`
/** The node run that committed a result of this fingerprint, as `run|index`: a string that expires. */
export const reusable = (prefix: string, fingerprint: string): string =>
  `${prefix}:reuse:${fingerprint}`
/** Runs that use files of a run, which stay as long as one of them does: a sorted set, score = when it said so. */
export const lent = (prefix: string, run: string): string => `${prefix}:lent:${run}`
