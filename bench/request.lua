-- wrk: requests for a path with a random project and row, and one line of JSON
-- with what came of them. The environment says which.

local pattern = os.getenv("PATH_PATTERN")
local projects = tonumber(os.getenv("PROJECTS"))
local rows = tonumber(os.getenv("ROWS"))
local tokens = {}

-- One line a project, with the token that is sent; without the file, the key.
local file = os.getenv("TOKENS")
if file and file ~= "" then
	for line in io.lines(file) do
		tokens[#tokens + 1] = line
	end
end

function init()
	math.randomseed(os.time())
end

function request()
	local project = math.random(projects)
	local path = pattern:gsub("{p}", project):gsub("{n}", string.format("%012x", math.random(rows)))
	return wrk.format("GET", path, {
		["Authorization"] = "Bearer " .. (tokens[project] or string.format("phx_%043d", project)),
		["Accept"] = "application/json",
		["Prefer"] = os.getenv("PREFER"),
	})
end

function done(summary, latency)
	local errors = summary.errors
	io.write(string.format('{"requests":%d,"seconds":%.6f,"errors":%d,"p50":%.4f,"p99":%.4f}\n',
		summary.requests, summary.duration / 1e6,
		errors.connect + errors.read + errors.write + errors.status + errors.timeout,
		latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
