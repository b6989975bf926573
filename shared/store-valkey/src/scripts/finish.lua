-- FinishRequest. ARGV: body, nonce, answer; or nothing there, to forget the request.
local OTHERS, DONE, CORRUPT = 0, 1, -1
local value = redis.call('GET', KEYS[1])
if not value then return {OTHERS} end
if #value < 48 or value:byte(1) ~= 1 then return {CORRUPT} end
if value:sub(2, 41) ~= ARGV[1] .. ARGV[2] then return {OTHERS} end
if value:byte(48) == 1 then return {DONE} end
if ARGV[3] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], value:sub(1, 47) .. '\1' .. ARGV[3], 'KEEPTTL')
end
return {DONE}
