--[[
  ledger.lua: what every script of the ledger shares. Not a script of its own: `script-text.ts` puts it, `admission.lua`,
  `runs.lua`, `edges.lua` and `transitions.lua` before the body of each script, after BullMQ's own texts, which they reach as bull.addStandardJob and so on.

  Conventions
    P       prefix of all keys, with its hash tag: `{pw}`
    run     id of a run
    index   position of a node in the plan
    entry   a released node: {index, generation, base, failures, name}
              generation  counts how often the node run was put into a queue; part of the BullMQ job's id, so that a job of
                          an earlier generation can never be taken for a later one
              base        starts of all earlier generations: attempt = base + BullMQ's `ats`
              failures    failed attempts so far, set against the node's retries

  Every write here may be repeated without harm: a script that was cut by an error is sent again and ends in the state that
  one undisturbed call would have left. Hence arrivals are bits and not counters, and the number of finished nodes is the
  length of the hash of their records.
]]
local call = redis.call
local EDGES = 7
-- Inputs that are handed out with a claim; a node with more of them gets its references in parts.
local MOST_INPUTS = 512
-- Bits of arrivals that one integer of a script holds exactly.
local WORD = 52
local EMPTY_OPTIONS = '\128'
-- Entries of the outbox that a repetition looks back over: one script tells more than 512, a chunk of edges and what led to it,
-- and others have told theirs since.
local LOOK_BACK = 4096
-- Losses of a node run after which it runs alone, and the end of the name of the queue where it does.
local SUSPECT = 2
local ASIDE = '~quarantine'
-- Seconds that a run is kept which does not say how long.
local RETENTION = 1209600

local function clock()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
