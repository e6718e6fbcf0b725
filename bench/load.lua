-- SPDX-License-Identifier: Apache-2.0
-- load.lua: what wrk sends (bench/server.py).  Requests are built once and taken in turn.
--
--   wrk ... -s load.lua URL -- get TOKEN-FILE|- PATHS-FILE
--   wrk ... -s load.lua URL -- put TOKEN-FILE|- HEADS-FILE HEAD-BYTES CONTENT-FILE FIRST COUNT METHOD PATH TYPE once|again
--
-- put: every body is a head of its own and the content all share; in PATH, %d becomes the number of the request.
-- After COUNT of them a thread stops (once), or takes them from the first on again.
-- The last line printed is one JSON object.

local threads = {}

function setup(thread)
	thread:set("number", #threads)
	table.insert(threads, thread)
end

local function slurp(path)
	local file = assert(io.open(path, "rb"))
	local all = file:read("*a")
	file:close()
	return all
end

local function authorization(path)
	if path == "-" then
		return ""
	end
	return "Authorization: Bearer " .. slurp(path):gsub("%s+$", "") .. "\r\n"
end

local function get(arguments)
	local requests, at = {}, number * 7
	for path in slurp(arguments[3]):gmatch("[^\n]+") do
		table.insert(requests, "GET " .. path .. " HTTP/1.1\r\nHost: localhost\r\n" .. authorization(arguments[2]) .. "\r\n")
	end
	function request()
		at = at % #requests + 1
		return requests[at]
	end
end

local function put(arguments)
	local heads, length, content = slurp(arguments[3]), tonumber(arguments[4]), slurp(arguments[5])
	local first, count = tonumber(arguments[6]), tonumber(arguments[7])
	local fields = " HTTP/1.1\r\nHost: localhost\r\n" .. authorization(arguments[2]) .. "Content-Type: " .. arguments[10]
		.. "\r\nContent-Length: " .. (length + #content) .. "\r\n\r\n"
	local method, path = arguments[8] .. " ", arguments[9]
	local once = arguments[11] == "once"
	local at = number -- two threads: one takes the even ones, the other the odd ones
	function request()
		if at >= count then
			if once then
				wrk.thread:stop()
			end
			at = number
		end
		local n = first + at
		at = at + 2
		return method .. path:gsub("%%d", tostring(n)) .. fields .. heads:sub(n * length + 1, (n + 1) * length) .. content
	end
end

function init(arguments)
	local words = {}
	for i = 1, #arguments do
		words[i] = arguments[i]
	end
	if words[1] == "get" then
		get(words)
	else
		put(words)
	end
end

function done(summary, latency)
	local e = summary.errors
	io.write(string.format('{"requests": %d, "seconds": %.6f, "bytes": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n',
		summary.requests, summary.duration / 1e6, summary.bytes, e.status, e.connect + e.read + e.write + e.timeout,
		latency:percentile(50), latency:percentile(99)))
end
