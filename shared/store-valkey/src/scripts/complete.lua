-- CompleteVerification, the verification's half. ARGV: key, nonce, session id, the session's beginning, its end (6 bytes), the
-- hashes of its refresh token and family with its epoch (72 bytes), the answer.
local CLOSED, COMPLETED, SUPERSEDED, CORRUPT = 0, 1, 2, -1
local value = redis.call('GET', KEYS[1])
if not value then return {CLOSED} end
if not is_verification(value) then return {CORRUPT} end
local key, nonce, session, now = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local after = after_attempts(value)
if value:byte(9) == 1 then
  return {value:sub(after + 6, after + 21) == session and COMPLETED or CLOSED}
end
local position = position_of(value, key)
if not position or value:byte(position + 62) ~= 0 then return {CLOSED} end
if not is_claimed_by(value, position, nonce) then return {SUPERSEDED} end
if now >= struct.unpack('>I6', value, 3) then return {CLOSED} end
local verified = struct.pack('>I6', now) .. session .. '\0' .. ARGV[5] .. ARGV[6] .. struct.pack('>I2', #ARGV[7]) .. ARGV[7]
value = value:sub(1, 8) .. '\1' .. value:sub(10, position + 61) .. '\255' .. value:sub(position + ATTEMPT, after - 1)
  .. verified .. value:sub(after)
redis.call('SET', KEYS[1], value, 'KEEPTTL')
return {COMPLETED}
