-- A verification as `layout.rs` lays it out. Positions count from 1.
--   1      format: 3
--   2      attempts, 0 to 3
--   3-8    expires_at
--   9      whether it is verified: 0 or 1
--   10-    attempts: key 16, body 32, nonce 8, claimed_at 6, state 1
--          (state: 0 claimed, 1 to 3 wrong with one less remaining, 255 right)
--   then, if verified: at 6, session id 16, whether the session is known to be open 1, its end 6, its refresh token's hash 32,
--   its family's hash 32, its epoch 8, length of the answer 2, answer
--   then   asked factors 2, and what scripts do not look at
local ATTEMPT = 63
local FORMAT = '\3'

local function is_verification(value)
  return #value > 9 and value:sub(1, 1) == FORMAT and value:byte(2) <= 3 and value:byte(9) <= 1
    and #value > 9 + value:byte(2) * ATTEMPT
end

local function position_of(value, key)
  for number = 0, value:byte(2) - 1 do
    local position = 10 + number * ATTEMPT
    if value:sub(position, position + 15) == key then return position end
  end
end

local function is_claimed_by(value, position, nonce)
  return value:byte(position + 62) == 0 and value:sub(position + 48, position + 55) == nonce
end

local function after_attempts(value)
  return 10 + value:byte(2) * ATTEMPT
end
