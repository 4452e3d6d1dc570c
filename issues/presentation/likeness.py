"""What two issues have in common, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from issues.likeness import Likeness

_WORDS_SHOWN = 6


def alike(likeness: Likeness) -> list[str]:
    """A few words for each thing that is alike, the weightiest first."""
    told = []
    if likeness.shared_frames:
        told.append(
            ngettext(
                "%(n)d of %(all)d frame that counts",
                "%(n)d of %(all)d frames that count",
                likeness.all_frames,
            )
            % {"n": likeness.shared_frames, "all": likeness.all_frames}
        )
    if likeness.same_type:
        told.append(_("the same type"))
    if likeness.same_culprit:
        told.append(_("the same place"))
    if words := likeness.shared_words[:_WORDS_SHOWN]:
        told.append(_("words: %(words)s") % {"words": ", ".join(words)})
    return told
