-- DrawPermits: decides exactly as `domain::Counter::draw`; a test compares the two.
-- ARGV: now, algorithm (1 fixed window, 2 sliding window, 3 token bucket), quota, period in milliseconds, whether violations are
-- penalised (0 or 1), permits, draw id, milliseconds for which the value is kept beyond its use.
--
-- The value, positions counting from 1:
--   1     1: a window: start 6, current 4, previous 4. 2: a bucket: full_at 6
--   then  violations, 0 for none: count 1, and if it is not 0: since 6, window 6, blocked_until 6 (0 for none)
--   then  up to four draws, oldest first: id 16, permits 4
-- Numbers are whole and below 2^53, so that a double holds them exactly.
local REFUSED, GRANTED, CORRUPT = 0, 1, -1
local WINDOW, BUCKET = 1, 2
local FIXED, SLIDING, BUCKET_ALGORITHM = 1, 2, 3
local DAY, LATEST = 86400000, 253402207200999
local now, algorithm, quota, period = time(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local is_penalised, wanted, id = ARGV[5] == '1', tonumber(ARGV[6]), ARGV[7]

local function whole_parts(length, part)
  return math.floor(length / part) + (length % part > 0 and 1 or 0)
end

-- The quotient of a * b / c rounded down, and the rest, for a, b, c below 2^32: in two steps of 16 bits, so that every product and
-- sum is below 2^49.
local function scaled(a, b, c)
  local high, low = math.floor(a / 65536), a % 65536
  local quotient, rest = math.floor(high * b / c), high * b % c
  local product = rest * 65536 + low * b
  return quotient * 65536 + math.floor(product / c), product % c
end

-- How much of a window must have passed until at most `room` of the `used` requests before it are covered.
local function passed(used, room)
  if used <= room then return 0 end
  local covered, rest = scaled(room + 1, period, used)
  if rest == 0 then covered = covered - 1 end
  return period - math.min(covered, period)
end

-- What is stored.
local value = redis.call('GET', KEYS[1])
local level, violations, recent = '', nil, ''
local kind, start, current, previous, full_at = 0, 0, 0, 0, 0
if value then
  if value == '' then return {CORRUPT} end
  kind = value:byte(1)
  local length = kind == WINDOW and 15 or 7
  if kind < 1 or kind > 2 or #value <= length then return {CORRUPT} end
  level = value:sub(1, length)
  if kind == WINDOW then
    start, current, previous = struct.unpack('>I6I4I4', level, 2)
  else
    full_at = struct.unpack('>I6', level, 2)
  end
  local count, after = value:byte(length + 1), length + 2
  if count > 0 then
    if #value < length + 19 then return {CORRUPT} end
    local since, window, blocked_until = struct.unpack('>I6I6I6', value, after)
    violations = {count = count, since = since, window = window, blocked_until = blocked_until}
    after = after + 18
  end
  recent = value:sub(after)
  if #recent % 20 ~= 0 or #recent > 80 then return {CORRUPT} end
end
local kept_recent = recent

-- What of it counts now.
local window = now - now % period
local interval = whole_parts(period, quota)
local available, ends, is_of_now
if algorithm == BUCKET_ALGORITHM then
  is_of_now = kind == BUCKET
  full_at = is_of_now and math.max(full_at, now) or now
  available = quota - whole_parts(full_at - now, interval)
  ends = -1
else
  is_of_now = kind == WINDOW and start >= window
  if not is_of_now then
    previous = kind == WINDOW and start + period == window and current or 0
    start, current = window, 0
  end
  local covered = math.max(0, math.min(start + period - now, period))
  local overlap = algorithm == SLIDING and scaled(previous, covered, period) or 0
  available = quota - current - overlap
  ends = start + period
end
available = math.max(0, available)
if not is_of_now then recent = '' end

-- After how long a permit is to be had.
local function wait()
  local at
  if algorithm == BUCKET_ALGORITHM then
    at = full_at - (quota - 1) * interval
  elseif algorithm == FIXED then
    at = ends
  elseif current <= quota - 1 then
    at = start + passed(previous, quota - 1 - current)
  else
    at = ends + passed(current, quota - 1)
  end
  return math.max(1, at - now)
end

-- Stores a state, for as long as it differs from an unused counter.
local function store(level, violations, recent)
  local spent_at
  if level:byte(1) == BUCKET then
    spent_at = struct.unpack('>I6', level, 2) + period
  else
    spent_at = struct.unpack('>I6', level, 2) + (algorithm == SLIDING and 2 * period or period)
  end
  local noted = '\0'
  if violations then
    noted = string.char(violations.count)
      .. struct.pack('>I6I6I6', violations.since, violations.window, violations.blocked_until)
    spent_at = math.max(spent_at, violations.since + DAY, violations.blocked_until)
  end
  local lifetime = string.format('%.0f', math.max(1, spent_at - now) + ARGV[8])
  redis.call('SET', KEYS[1], level .. noted .. recent, 'PX', lifetime)
end

-- A repeated draw.
for position = 1, #recent, 20 do
  if recent:sub(position, position + 15) == id then
    return {GRANTED, struct.unpack('>I4', recent, position + 16), available, ends}
  end
end

-- A time-out.
local remembered = violations
if violations and now >= math.max(violations.since + DAY, violations.blocked_until) then remembered = nil end
if remembered and now < remembered.blocked_until then return {REFUSED, remembered.blocked_until - now} end

-- A refusal, and a violation if it is the first one in this window.
local permits = math.min(available, wanted)
if permits == 0 then
  local refused = {REFUSED, wait()}
  if not is_penalised or not value or (remembered and window <= remembered.window) then return refused end
  local violated = {count = 1, since = now, window = window, blocked_until = 0}
  if remembered then
    violated.count, violated.since = math.min(255, remembered.count + 1), remembered.since
    local time_out = violated.count <= 2 and 0 or violated.count == 3 and 1800000 or violated.count == 4 and 7200000 or DAY
    if time_out > 0 then
      violated.blocked_until = now + math.max(time_out, refused[2])
      refused[2] = math.max(1, violated.blocked_until - now)
    end
  end
  store(level, violated, kept_recent)
  return refused
end

-- A grant.
if algorithm == BUCKET_ALGORITHM then
  level = '\2' .. struct.pack('>I6', math.min(full_at + permits * interval, LATEST))
else
  level = '\1' .. struct.pack('>I6I4I4', start, current + permits, previous)
end
recent = (recent .. id .. struct.pack('>I4', permits)):sub(-80)
store(level, remembered, recent)
return {GRANTED, permits, available - permits, ends}
