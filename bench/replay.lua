-- SPDX-License-Identifier: EUPL-1.2
-- Sends requests that were written and signed beforehand: wrk ... -- FILE [again]
-- With `again` it starts over at the end; without, the last one is sent again, and since its
-- proof was used, the server refuses it and the run counts as failed.

local requests, at, again = {}, 0, false

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for one in file:read("*a"):gmatch("[^%z]+") do
    requests[#requests + 1] = one
  end
  file:close()
  again = args[2] == "again"
end

function request()
  at = at + 1
  if at > #requests then
    at = again and 1 or #requests
  end
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
