-- BeginRequest. ARGV: body, nonce, now, milliseconds in flight, milliseconds for which the request is kept.
-- The value: format (1), body 32, nonce 8, begun_at 6, whether it is answered 1, answer.
local BEGUN, IN_FLIGHT, ANSWERED, OTHER_REQUEST, CORRUPT = 0, 1, 2, 3, -1
local body, nonce, now, in_flight = ARGV[1], ARGV[2], time(ARGV[3]), tonumber(ARGV[4])
local begun = '\1' .. body .. nonce .. struct.pack('>I6', now) .. '\0'
local value = redis.call('GET', KEYS[1])
if not value then
  redis.call('SET', KEYS[1], begun, 'PX', ARGV[5])
  return {BEGUN}
end
if #value < 48 or value:byte(1) ~= 1 then return {CORRUPT} end
if value:sub(2, 33) ~= body then return {OTHER_REQUEST} end
if value:byte(48) == 1 then return {ANSWERED, value:sub(49)} end
if value:sub(34, 41) == nonce then return {BEGUN} end
if struct.unpack('>I6', value, 42) + in_flight > now then return {IN_FLIGHT} end
redis.call('SET', KEYS[1], begun, 'KEEPTTL')
return {BEGUN}
