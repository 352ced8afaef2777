"""Tickets in Redis: a sorted set per key, by the moment each lapses, on Redis's clock; one script does everything."""

from collections.abc import Sequence
from typing import Any

import redis

from mlc.http.tickets import TicketsLostError, Valid

ANSWER_S = 1.0
SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local key, shut = KEYS[1], KEYS[2]
local verb, lasts = ARGV[1], tonumber(ARGV[2])

local function add(name)
  redis.call('ZADD', key, now + lasts, name)
  if redis.call('PTTL', key) < lasts then redis.call('PEXPIRE', key, lasts) end
end

redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
local closed = math.max(0, (tonumber(redis.call('GET', shut)) or 0) - now)
local used = redis.call('ZCARD', key)
if verb == 'take' then
  local allowed = tonumber(ARGV[3])
  if closed > 0 then return closed end
  if used < allowed then add(ARGV[4]) return 0 end
  local leaving = redis.call('ZRANGE', key, used - allowed, used - allowed, 'WITHSCORES')
  return math.max(1, math.ceil(leaving[2] - now))
elseif verb == 'give_back' then
  redis.call('ZREM', key, ARGV[3])
elseif verb == 'renew' then
  for place = 3, #ARGV do add(ARGV[place]) end
elseif verb == 'close' then
  if lasts > closed then redis.call('SET', shut, now + lasts, 'PX', lasts) end
elseif verb == 'fill' then
  for place = 4, math.min(#ARGV, 3 + tonumber(ARGV[3]) - used) do add(ARGV[place]) end
else
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return {used, closed, first[2] and math.ceil(first[2] - now) or -1}
end
return 0
"""


class RedisTickets:
    """``namespace`` keeps the tickets of two databases apart that share a Redis."""

    def __init__(self, url: str, *, namespace: str) -> None:
        self._client = redis.Redis.from_url(
            url, socket_connect_timeout=ANSWER_S, socket_timeout=ANSWER_S, health_check_interval=15
        )
        self._namespace = namespace
        self._script = self._client.register_script(SCRIPT)

    def take(self, key: str, ticket: str, *, allowed: int, lasts_s: float) -> float:
        return float(self._run(key, "take", _ms(lasts_s), allowed, ticket)) / 1000

    def give_back(self, key: str, ticket: str) -> None:
        self._run(key, "give_back", 0, ticket)

    def renew(self, key: str, tickets: Sequence[str], *, lasts_s: float) -> None:
        self._run(key, "renew", _ms(lasts_s), *tickets)

    def close(self, key: str, seconds: float) -> None:
        self._run(key, "close", _ms(seconds))

    def fill(self, key: str, tickets: Sequence[str], *, used: int, lasts_s: float) -> None:
        self._run(key, "fill", _ms(lasts_s), used, *tickets)

    def valid(self, key: str) -> Valid:
        used, closed, first = self._run(key, "valid", 0)
        return Valid(int(used), closed / 1000, None if first < 0 else first / 1000)

    def disconnect(self) -> None:
        self._client.close()

    def _run(self, key: str, *arguments: str | int) -> Any:
        # The braces keep both keys on one node of a cluster.
        name = f"{self._namespace}:tickets:{{{key}}}"
        try:
            return self._script(keys=[name, f"{name}:shut"], args=list(arguments))
        except (redis.RedisError, OSError) as error:
            raise TicketsLostError(f"Redis does not answer: {error}") from error


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
