"""How the reader wants stack traces: by the address, a cookie or the profile."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from issues.presentation.stack import Choice

_COOKIE = "trace"
_MAX_AGE_S = 365 * 86400


def choice_of(request: HttpRequest) -> Choice:
    """What the address says, else what was chosen last, else the profile."""
    kept = request.COOKIES.get(_COOKIE, _usual(request)).split(".")
    get = request.GET.get
    return Choice(
        all_frames=get("frames", "all" if "all" in kept else "") == "all",
        oldest_first=get("order", "oldest" if "oldest" in kept else "") == "oldest",
        raw=get("raw", "1" if "raw" in kept else "") == "1",
    )


def _usual(request: HttpRequest) -> str:
    """What the profile says; it counts until this browser has chosen."""
    return "oldest" if getattr(request.user, "oldest_frame_first", False) else ""


def remember(request: HttpRequest, response: HttpResponse, choice: Choice) -> None:
    """Keeps what this address has chosen."""
    if not {"frames", "order", "raw"} & request.GET.keys():
        return
    chosen = {
        "all": choice.all_frames,
        "oldest": choice.oldest_first,
        "raw": choice.raw,
    }
    response.set_cookie(
        _COOKIE,
        ".".join(name for name, is_chosen in chosen.items() if is_chosen),
        max_age=_MAX_AGE_S,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
