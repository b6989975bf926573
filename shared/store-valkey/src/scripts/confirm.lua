-- Notes that the session of a verified verification is open.
local value = redis.call('GET', KEYS[1])
if not value then return {0} end
if not is_verification(value) then return {-1} end
if value:byte(9) ~= 1 then return {0} end
redis.call('SETRANGE', KEYS[1], after_attempts(value) + 21, '\1')
return {1}
