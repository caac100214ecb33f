-- wrk: GET requests for a path with a random project and row, and one line of
-- JSON with what came of them. The environment says which.

local pattern = os.getenv("BENCH_PATH")
local projects = tonumber(os.getenv("BENCH_PROJECTS"))
local rows = tonumber(os.getenv("BENCH_ROWS"))

-- One line a project: the token that its user sends.
local tokens = {}
for line in io.lines(os.getenv("BENCH_TOKENS")) do
	tokens[#tokens + 1] = line
end

function init()
	math.randomseed(os.time())
	wrk.headers["Accept"] = os.getenv("BENCH_ACCEPT")
	wrk.headers["Prefer"] = os.getenv("BENCH_PREFER")
end

function request()
	local project = math.random(projects)
	local path = pattern:gsub("{p}", project):gsub("{n}", string.format("%012x", math.random(rows)))
	wrk.headers["Authorization"] = "Bearer " .. tokens[project]
	return wrk.format("GET", path)
end

function done(summary, latency)
	local errors = summary.errors
	io.write(string.format('{"requests":%d,"seconds":%.6f,"errors":%d,"p50":%.4f,"p99":%.4f}\n',
		summary.requests, summary.duration / 1e6,
		errors.connect + errors.read + errors.write + errors.status + errors.timeout,
		latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
