"""How many events are taken in a window: the part of the append call in Lua.

Redis keys:
    errtrack:limit:<counter>:<window s>:<number>
                        integer, events taken in that window since 1970; twice the
                        window's length. The counter is of a key, a project or an
                        organization (projects.limits)
    errtrack:limited:<project>:<reason>
                        integer, since when (seconds since 1970) events of the project
                        are refused; until LIMITED_S after the last sender's wait

Windows are aligned to Valkey's clock. Of the window before, what still lies within
one window's length counts along, in proportion, so that two bursts on either side of
a boundary do not pass together. Check and count are one step: no burst of requests
overshoots, and an event that one limit refuses counts for no other.
"""

from __future__ import annotations

from datetime import UTC, datetime

from projects import valkey
from projects.limits import LimitReason

PREFIX = "errtrack:limit:"
LIMITED_PREFIX = "errtrack:limited:"
LIMITED_S = 300

# The total of events that were taken while limits could not be checked.
LIMITS_OPEN = "limits_open"

# Limits are in ARGV from `first` on: counter, events, window, and so on.
#
# count_event(first): counts one event for each limit; or for none, where it is one too
# many: then the seconds to wait and the place (from 0) of the limit waited for longest.
# mark_limited(project, counter, wait_s): notes since when.
#
# Raising a counter first takes one call where looking first takes two; and the window
# before, which had no more events than the limit, is mostly too long ago to matter.
LUA = f"""
local function wait_for(at, seconds)
  local name, count, window_s = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local number = math.floor(seconds / window_s)
  local elapsed_s = seconds - number * window_s
  name = '{PREFIX}' .. name .. ':' .. window_s .. ':'
  local taken = redis.call('INCR', name .. number)
  if taken == 1 then
    redis.call('EXPIRE', name .. number, 2 * window_s)
  end
  if taken > count then
    return math.ceil(window_s - elapsed_s)
  end
  local along = 1 - elapsed_s / window_s
  if taken + count * along <= count then
    return 0
  end
  local before = tonumber(redis.call('GET', name .. (number - 1)) or 0)
  if taken + math.floor(before * along) <= count then
    return 0
  end
  local free_at_s = window_s * (1 - (count - taken + 1) / before)
  return math.max(1, math.ceil(free_at_s - elapsed_s))
end

local function uncount_event(first, seconds)
  for at = first, #ARGV, 3 do
    local number = math.floor(seconds / tonumber(ARGV[at + 2]))
    redis.call('DECR', '{PREFIX}' .. ARGV[at] .. ':' .. ARGV[at + 2] .. ':' .. number)
  end
end

local function count_event(first)
  local now = redis.call('TIME')
  local seconds = tonumber(now[1]) + tonumber(now[2]) / 1000000
  local longest_s, place = 0, 0
  for at = first, #ARGV, 3 do
    local wait_s = wait_for(at, seconds)
    if wait_s > longest_s then
      longest_s, place = wait_s, (at - first) / 3
    end
  end
  if longest_s > 0 then
    uncount_event(first, seconds)
  end
  return longest_s, place
end

local function mark_limited(project, counter, wait_s)
  local name = '{LIMITED_PREFIX}' .. project .. ':' .. string.match(counter, '%a+')
  local now, expiry_s = redis.call('TIME')[1], wait_s + {LIMITED_S}
  if not redis.pcall('SET', name, now, 'NX', 'EX', expiry_s) then
    redis.pcall('EXPIRE', name, expiry_s)
  end
end
"""


def limited_since(project_id: int) -> dict[LimitReason, datetime]:
    """Why events of the project are refused now, and since when; empty if none are.

    Raises redis.RedisError.
    """
    names = [f"{LIMITED_PREFIX}{project_id}:{reason}" for reason in LimitReason]
    found = valkey.blocking().mget(names)
    return {
        reason: datetime.fromtimestamp(int(since), UTC)
        for reason, since in zip(LimitReason, found, strict=True)
        if since is not None
    }
