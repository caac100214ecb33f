-- wrk: requests for a path with a random project and row, or with one row after
-- the other, and one line of JSON with what came of them. The environment says which.

local ffi = require("ffi")
ffi.cdef[[
typedef struct { long seconds, microseconds; } bench_time;
int gettimeofday(bench_time *now, void *zone);
]]

local method = os.getenv("BENCH_METHOD")
local pattern = os.getenv("BENCH_PATH")
local body = os.getenv("BENCH_BODY")
local rows = tonumber(os.getenv("BENCH_ROWS"))
-- Rows that are used up: those after this one, and no more than so many.
local used = tonumber(os.getenv("BENCH_USED"))
local most = tonumber(os.getenv("BENCH_MOST"))

-- One line a project: its number, and the token that its user sends.
local tokens = {}
for line in io.lines(os.getenv("BENCH_TOKENS")) do
	local project, token = line:match("(%d+) (.*)")
	tokens[#tokens + 1] = { project = project, token = token }
end

local threads = {}
local sent = 0

local function now()
	local time = ffi.new("bench_time")
	ffi.C.gettimeofday(time, nil)
	return tonumber(time.seconds) + tonumber(time.microseconds) / 1e6
end

function setup(thread)
	threads[#threads + 1] = thread
end

function init()
	math.randomseed(os.time())
	wrk.headers["Accept"] = os.getenv("BENCH_ACCEPT")
	wrk.headers["Prefer"] = os.getenv("BENCH_PREFER")
	if body then
		wrk.headers["Content-Type"] = "application/json"
	end
	started = now()
end

function request()
	local chosen = tokens[math.random(#tokens)]
	local row = used and used + sent + 1 or math.random(rows)
	local places = { p = chosen.project, n = string.format("%012x", row), i = math.random(1e9) }
	sent = sent + 1
	if sent == most then
		seconds = now() - started
		wrk.thread:stop()
	end
	wrk.headers["Authorization"] = "Bearer " .. chosen.token
	return wrk.format(method, pattern:gsub("{(%a)}", places), nil, body and body:gsub("{(%a)}", places))
end

function done(summary, latency)
	local errors = summary.errors
	-- wrk's own measure of time goes on after a thread has stopped.
	local duration = threads[1]:get("seconds") or summary.duration / 1e6
	io.write(string.format('{"requests":%d,"seconds":%.6f,"errors":%d,"p50":%.4f,"p99":%.4f}\n',
		summary.requests, duration,
		errors.connect + errors.read + errors.write + errors.status + errors.timeout,
		latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
