-- Notes that the session of a verified verification is open. ARGV: session id.
local value = redis.call('GET', KEYS[1])
if not value then return {0} end
if not is_verification(value) then return {-1} end
local after = after_attempts(value)
if value:byte(9) ~= 1 or value:sub(after + 6, after + 21) ~= ARGV[1] then return {0} end
redis.call('SETRANGE', KEYS[1], after + 21, '\1')
return {1}
