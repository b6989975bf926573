-- FailAttempt. ARGV: key, nonce, attempts that remain; or nothing there, to give the claim up.
local value = redis.call('GET', KEYS[1])
if not value then return {0} end
if not is_verification(value) then return {-1} end
local position = position_of(value, ARGV[1])
if not position or not is_claimed_by(value, position, ARGV[2]) then return {0} end
local outcome
if ARGV[3] == '' then
  outcome = struct.pack('>I6', 0) .. '\0'
else
  outcome = value:sub(position + 56, position + 61) .. string.char(tonumber(ARGV[3]) + 1)
end
redis.call('SET', KEYS[1], value:sub(1, position + 55) .. outcome .. value:sub(position + ATTEMPT), 'KEEPTTL')
return {1}
