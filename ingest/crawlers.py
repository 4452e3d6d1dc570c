"""Whether a User-Agent header is that of a crawler.

ua-parser's rules, which are kept up to date, know nearly all of them by name; the
words below are for those that it does not know (yet).
"""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.browsers import HEADER_CHARS, client_of

_SPIDER = "Spider"
# Not "bot" alone, and not as the end of a telephone's name.
_WORDS = re.compile(
    r"(?<!cu)bot(?=[/;,) +]|$)|spider|crawl(?:er|ing)|slurp|mediapartners|lighthouse"
    r"|zgrab|headless[ _-]?render|prerender|https?://\S{0,100}bot",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def is_crawler(user_agent: str) -> bool:
    if client_of(user_agent).device_family == _SPIDER:
        return True
    return _WORDS.search(user_agent[:HEADER_CHARS]) is not None
