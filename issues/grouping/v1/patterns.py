"""The pattern of variable data in messages."""

from __future__ import annotations

import re

_HEX = "0-9a-fA-F"
_MONTH = (
    "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    "Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_DAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?\ +)?"
_TIME = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\ ?[AaPp][Mm]\b)?"
_ZONE_NAME = "(?:UTC|GMT|[CEMP][SD]T|W?EST|WET|CES?T|EES?T|BST|IST|JST|MSK|AE[SD]T)"
_ZONE = (
    rf"(?:\ ?(?:Z\b|(?:UTC|GMT)?[+-]\d\d:?\d\d\b|{_ZONE_NAME}\b))?"
    rf"(?:\ {_ZONE_NAME}\b)?(?:\ \([A-Z][A-Za-z ]{{1,40}}\)|\[[A-Za-z_/+-]{{1,40}}\])?"
)
_CLOCK = rf"(?:(?:[T ,:]\ ?|\ at\ ){_TIME}{_ZONE}|[T_ -]\d\d[-_.]\d\d[-_.]\d\d(?!\d))?"
# In other languages, where the day comes first: "3. März 2026", "3 de mayo de 2026".
_MONTH_ELSEWHERE = (
    "(?:[Jj]an(?:v(?:ier|\\.)|uar|uari|eiro)|[Ff](?:ebruar[i]?|évr(?:ier|\\.)|evereiro"
    "|ebbraio|ebrero)|[Mm](?:ärz|ars|aart|arzo|arço|ai|ei|aio|ayo|aggio)|[Aa](?:vril|bril"
    "e?|prile|oût|gosto|ugustus)|[Jj]uin|[Jj]uil(?:let|\\.)|[Jj]un[ih]o?|[Jj]ul[ih]o?"
    "|[Ss]ept(?:iembre|embre)|[Ss]etembro|[Ss]ettembre|[Oo](?:ktober|kt\\.|ctobre|ctubre"
    "|utubro|ttobre)|[Nn](?:ovembre|oviembre|ovembro)|[Dd](?:ezember|ez\\.|éc(?:embre|"
    "\\.)|iciembre|ezembro|icembre|ecembre)|[Ee]nero|[Gg]ennaio|[Gg]iugno|[Ll]uglio"
    "|янв(?:аря|\\.)|фев(?:раля|\\.)|марта|апр(?:еля|\\.)|мая|июн[яь]|июл[яь]"
    "|авг(?:уста|\\.)|сен(?:тября|\\.)|окт(?:ября|\\.)|ноя(?:бря|\\.)|дек(?:абря|\\.)"
    "|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października"
    "|listopada|grudnia)"
)
_NUM = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_UNIT = (
    "(?:ns|us|[µ\u03bc]s|ms|nanoseconds?|microseconds?|milliseconds?|millis|secs?|seconds?|s|"
    "mins?|minutes?|m|hrs?|hours?|h|days?|d|weeks?|w|months?|years?)"
)
_SIZE = "(?:[kKMGTP]i?[Bb](?:its?)?|[KMGTP]i|bytes?|[Bb]|[kMG]bps|[KMGT])(?:/s)?"
_MEASURE = (
    r"(?:\ ?°\ ?[CFNSEW]|\ ?°|[kMG]?Wh|m?Ah|km/h|m/s|[kmµ]?g|[kcmµ]?m|[CFKVAW]"
    r"|[kMG]?Hz|rpm|px|dBm?|fps|bar|[kM]?Pa|lm|lx|[kM]?[VWA])"
)
_TLD = "(?:com|net|org|edu|gov|mil|biz|local|internal|lan|localdomain|invalid|svc)"
# These are words of programs as well, so that a host needs a third name before them.
_SHORT_TLD = "(?:io|dev|app|info|cloud|co|uk|de|fr|nl|eu|ch|es|pl|se|fi|dk|ru|cn|jp|ai)"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|\d\d?)"

# Most of a message are plain words, for which nothing else need be tried. Those that
# may begin a date or a standard's name are none.
_PLAIN = (
    r"(?<!=)(?<!Bearer\ )(?<!Basic\ )(?!Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep"
    r"|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun|RFC|ISO|[a-f]{8}|[A-F]{8})[A-Za-z_]{1,64}+(?:[\s,;!?)]|$)"
)

VARIABLE = re.compile(
    rf"""(?P<query>(?<=[\w/])\?[\w%.\[\]-]{{1,64}}=[^\s"'<>)]*)|(?<!\w)(?!{_PLAIN})(?:
    (?P<fixed>(?i:utf|sha|aes|iso|md|base|mpeg|mp|ipv|tls|ssl|ora|pls|tns|ean|upc)
        -\d{{1,5}}(?:-\d{{1,3}})?\b | (?<=React\ error\ )\#\d+ | [HhXx]\.26\d
        | SQLSTATE[\[(:=\ ]{{1,2}}[A-Z\d]{{5}}\b | HTTP/\d(?:\.\d)?\b
        | (?:RFC|ISO)\ \d{{3,5}}\b)
  | (?P<email><?[\w.+%-]{{1,64}}
      @(?:[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,8}}|localhost)\b>?)
  | (?P<url>\b(?:[a-zA-Z][a-zA-Z0-9+]{{1,15}}://|www\.|data:[a-z]+/|mailto:|urn:uuid:)
      (?:[^\s"'<>`|)\[\]}},;]++|\[[\w:]{{0,40}}\]?)+(?:,[A-Za-z0-9+/=]{{8,}})?)
  | (?P<home>(?P<place>/home/|/Users/|/var/folders/
      |[A-Z]:\\{{1,2}}Users\\{{1,2}})[^\s/\\'":]{{1,64}}
      (?=[/\\]))
  | (?P<dates>datetime\.(?:datetime|date|time|timedelta)
      \((?:[^()]|\([^()]{{0,80}}\)){{0,160}}+\))
  | \#?<(?P<repr>(?P<class>[A-Z][\w.:]{{0,80}}?)(?:\ object\ at|:0x|:?\ )
      [^<>]{{0,300}})>
  | (?P<quoted>[bru]?(?:"[^"\n]{{0,200}}+"(?![\w"])|'(?:[^'\n]|''){{0,200}}+'(?!\w)
      |"(?:[^"\\\n]|\\.){{0,200}}+"(?!\w)|'(?:[^'\\\n]|\\.){{0,200}}+'(?!\w)
      |`[^`'\n]{{0,200}}+[`'](?!\w))|\u2018[^\u2018\u2019\n]{{0,200}}+\u2019(?:[^\W\d_]{{1,80}}+\u2019)?
      |「[^」\n]{{0,200}}+」|『[^』\n]{{0,200}}+』|《[^》\n]{{0,200}}+》
      |“[^”\n]{{0,200}}+[”“]|«[^»\n]{{0,200}}+»
      |„[^“”\n]{{0,200}}+[“”])
  | (?P<value>(?<=\)=)\([^()\n]{{0,200}}\))
  | (?P<token>eyJ[\w-]{{5,}}+(?:\.[\w-]*+){{1,4}}|(?<=Bearer\ )[\w.~+/-]{{8,}}+=*
      |(?<=Basic\ )(?=[A-Za-z][a-z]*[A-Z\d+/=])[A-Za-z\d+/]{{6,}}+=*)
  | (?P<trace>\b[{_HEX}]{{2}}-[{_HEX}]{{32}}-[{_HEX}]{{16}}-[{_HEX}]{{2}}\b)
  | (?P<mac>\b(?:[{_HEX}]{{2}}(?:(?:[:-][{_HEX}]{{2}}){{3,31}}
        |(?:\ [{_HEX}]{{2}}){{3,31}})
      |[{_HEX}]{{4}}\.[{_HEX}]{{4}}\.[{_HEX}]{{4}})(?![\w:.-]))
  | (?P<date>
        \b\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}{_CLOCK}(?![\d.])
      | \b[0-3]?\d[-/.][0-3]?\d[-/.](?:19|2\d)\d\d{_CLOCK}(?![\d.])
      | \b\d{{8}}[T_-]\d{{4,6}}Z?\b
      | \b\d{{1,2}}(?:\.|er|º)?\ (?:de\ )?{_MONTH_ELSEWHERE}\ (?:de\ |del\ )?
        (?:19|20)\d\d(?:\ \u0433\.)?(?:,?\ {_TIME})?
      | \b{_DAY}\d{{1,2}}(?:st|nd|rd|th)?\.?[ /-](?:of\ )?(?i:{_MONTH})[ ,/-]\ ?
        (?:\d{{4}}|\d\d)
        (?:\ \d\d\.\d\d\.\d\d[.\d]*(?:\ [AP]M)?\b|{_CLOCK})
      | \b{_DAY}{_MONTH}\ +\d{{1,2}}(?:st|nd|rd|th)?,?\ +
        (?:{_TIME}{_ZONE}\ +)?\d{{4}}\b(?:,?\ {_TIME}{_ZONE})?
      | \b{_MONTH}\ +\d{{1,2}}(?:st|nd|rd|th)?
        (?:,?\ +(?:at\ )?{_TIME}{_ZONE})?(?![\w:.])
      | \b(?:{_MONTH}|Q[1-4])\ (?:19|20)\d\d\b
      | \b(?:19|20)\d\d-(?:W[0-5]\d|Q[1-4]|[01]\d)\b(?!-)
    )
  | (?P<duration>
        (?:(?<![\w.])[-+])?\b{_NUM}(?:[eE][-+]?\d+)?\ ?{_UNIT}\b
        (?:,?(?:\ and)?\ ?\d+(?:\.\d+)?\ ?{_UNIT}\b){{0,5}}
      | (?:\d+(?:\.\d+)?(?:d|h|m|s|ms|us|[µ\u03bc]s|ns)){{2,6}}\b
      | \bP(?=[T\d])(?:\d+[YMWD]){{0,4}}(?:T(?:\d+(?:\.\d+)?[HMS]){{1,3}})?\b
      | (?<![\w.])(?:\d+\ days?,\ )?\d+:\d\d:\d\d(?:[.,]\d+)?(?:\ ?[AaPp][Mm])?\b
    )
  | (?P<time>\d{{1,2}}:\d\d\ ?[AaPp][Mm]\b)
  | (?P<phone>\+\d{{1,3}}(?:[ .-]\(?\d{{1,7}}\)?){{2,5}}(?![\w.]))
  | (?P<size>(?<![\w.]){_NUM}(?:\.(?=\ [KMGT]))?\ ?{_SIZE}\b)
  | (?P<version>(?<=[A-Za-z]/)\d+(?:\.\d+)+(?![\w:]))
  | (?P<ip>
        (?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?::\d{{1,5}}|/\d{{1,2}})?(?![\w.]*\d)
      | (?<![\w:])\[?(?=[{_HEX}:]*\d)(?:[{_HEX}]{{1,4}}:){{2,7}}(?::?[{_HEX}]{{1,4}}
        |:)(?::[{_HEX}]{{1,4}}){{0,6}}(?:%\w{{1,16}})?\]?(?::\d{{1,5}})?(?!\w|:[\w:])
      | \[(?:[{_HEX}]{{0,4}}:){{2,8}}\](?::\d{{1,5}})?(?!\w)
      | (?<![\w:])\[?(?:[{_HEX}]{{1,4}})?::(?=[{_HEX}:.]*\d)[{_HEX}:.]{{1,37}}
        (?:%\w{{1,16}})?(?:\]:\d{{1,5}}|\])?(?!\w|:[\w:])
    )
  | (?P<hostname>[a-zA-Z0-9][a-zA-Z0-9-]{{0,62}}(?:\.[a-zA-Z0-9-]{{1,63}}){{0,7}}?\.
      (?:{_TLD}|[a-zA-Z0-9-]{{1,63}}\.{_SHORT_TLD})(?::\d{{1,5}})?(?![\w.(-]))
  | (?P<form>[\w.-]{{1,40}}=[^\s&"'<>]{{0,200}}+
      (?:&[\w.-]{{1,40}}=[^\s&"'<>]{{0,200}}+)+)
  | (?P<digits>\b\d{{3,16}}e\d{{2,16}}\b
      |[A-Z]{{2}}\d\d(?:\ ?(?=[A-Z]{{0,3}}\d)[A-Z\d]{{4}}){{3,7}}
        (?:\ ?[A-Z\d]{{1,3}}\b)?\b
      |(?<=[\w;]@)[{_HEX}]{{5,8}}\b)
  | (?P<hex>\b0[xX][{_HEX}]+\b|\#[{_HEX}]{{6}}(?:[{_HEX}]{{2}})?\b)
  | (?P<version_>\bv?\d++(?:\.\d++){{2,15}}+(?:[-+.]?[a-zA-Z][\w.+-]*)?(?!,\d))
  | (?P<base64>(?=[A-Za-z+/]*\d)[A-Za-z0-9+/]{{8,}}+={{1,2}}(?![\w=])
      |(?<=-)(?=[a-z]*\d)[a-z0-9]{{8,10}}-[bcdfghjklmnpqrstvwxz0-9]{{5}}\b)
  | (?P<measure>(?:(?<![\w.)\]])[-+])?(?<![\w.])\d[\d.,]{{0,20}}+(?P<unit>{_MEASURE})
      (?![\w/]))
  | (?P<number>(?:(?<![\w.)\]])[-+])?(?:(?<![\w.])
      (?:\d{{1,3}}(?:\.\d{{3}})*,\d{{1,2}}
        |\d{{1,3}}(?:[,.'\u2019\u00a0\u202f_ ]\d{{3}})+|\d+)
      (?:\.\d*(?!\.))?|\.\d+)(?:[eE][-+]?\d+)?%?(?![\w])(?!\.\d))
  | (?P<bool>(?<==)(?:true|false|True|False|null|NULL|None|nil|undefined
      |-?(?:NaN|nan|inf))\b)
  | (?P<assigned>(?<==)(?=[A-Za-z_-]*\d)[A-Za-z][\w-]{{1,64}}+(?![\w.=(/:%]))
  | (?P<id>\#[A-F]{{3}}\b|\#[A-Za-z]{{1,4}}-\d+\b|[a-f]{{8,}}\b|[A-F]{{8,}}\b
      |(?<=/tmp/)tmp\.?\w{{6,10}}\b)
  | (?P<word>\#?[A-Za-z_]*\d\w*)
    )""",
    re.VERBOSE,
)
