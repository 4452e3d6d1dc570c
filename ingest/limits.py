"""How many events of a key are taken in a window: the part of the append call in Lua.

Redis keys:
    errtrack:limit:<key id>:<window s>:<number>   integer, events taken in that window
                                                  since 1970; twice the window's length

Windows are aligned to Valkey's clock. Of the window before, what still lies within
one window's length counts along, in proportion, so that two bursts on either side of
a boundary do not pass together. Check and count are one step: no burst of requests
overshoots.
"""

from __future__ import annotations

PREFIX = "errtrack:limit"

# wait_s, name = over_limit(...): seconds until one more event is taken, or 0 and the
# name of the counter to raise.
LUA = """
local function over_limit(prefix, count, window_s)
  local now = redis.call('TIME')
  local seconds = tonumber(now[1]) + tonumber(now[2]) / 1000000
  local number = math.floor(seconds / window_s)
  local elapsed_s = seconds - number * window_s
  local name = prefix .. ':' .. window_s .. ':'
  local taken = tonumber(redis.call('GET', name .. number) or 0)
  if taken >= count then
    return math.ceil(window_s - elapsed_s), nil
  end
  local before = tonumber(redis.call('GET', name .. (number - 1)) or 0)
  local along = math.floor(before * (1 - elapsed_s / window_s))
  if taken + along < count then
    return 0, name .. number
  end
  local free_at_s = window_s * (1 - (count - taken) / before)
  return math.max(1, math.ceil(free_at_s - elapsed_s)), nil
end

local function count_event(name, window_s)
  if redis.call('INCR', name) == 1 then
    redis.call('EXPIRE', name, 2 * window_s)
  end
end
"""


def counter_prefix(key_id: int) -> str:
    return f"{PREFIX}:{key_id}"
