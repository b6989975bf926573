-- The time in milliseconds: the caller's if it gives one, else the server's.
local function time(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
