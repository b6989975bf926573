-- ClaimAttempt. ARGV: key, body, nonce, presented factors, now, allowed attempts, milliseconds in flight.
local UNKNOWN, GRANTED, OTHER_REQUEST, REPEATED, CLOSED, MISMATCHED, CORRUPT = 0, 1, 2, 3, 4, 5, -1
local value = redis.call('GET', KEYS[1])
if not value then return {UNKNOWN} end
if not is_verification(value) then return {CORRUPT} end
local key, body, nonce, presented = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local now, allowed, in_flight = time(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local attempts, expires = value:byte(2), struct.unpack('>I6', value, 3)
local is_verified = value:byte(9) == 1
local claimed = key .. body .. nonce .. struct.pack('>I6', now) .. '\0'

local position = position_of(value, key)
if position then
  if value:sub(position + 16, position + 47) ~= body then return {OTHER_REQUEST} end
  if is_verified or now >= expires then return {REPEATED, value} end
  if is_claimed_by(value, position, nonce) then return {GRANTED, value} end
  local is_abandoned = value:byte(position + 62) == 0 and struct.unpack('>I6', value, position + 56) + in_flight <= now
  if not is_abandoned then return {REPEATED, value} end
  value = value:sub(1, position - 1) .. claimed .. value:sub(position + ATTEMPT)
  redis.call('SET', KEYS[1], value, 'KEEPTTL')
  return {GRANTED, value}
end

-- All attempts having been wrong, it has failed; that is covered by their number.
if is_verified or now >= expires or attempts >= allowed then return {CLOSED} end
local after = after_attempts(value)
if value:sub(after, after + 1) ~= presented then return {MISMATCHED} end
value = FORMAT .. string.char(attempts + 1) .. value:sub(3, after - 1) .. claimed .. value:sub(after)
redis.call('SET', KEYS[1], value, 'KEEPTTL')
return {GRANTED, value}
