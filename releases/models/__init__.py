"""Releases, what is counted of them, and the sessions of their users."""

from releases.models.counts import ReleaseHour, ReleaseUser, SessionState, UserSample
from releases.models.release import (
    Release,
    ReleaseEnvironment,
    ReleaseProject,
    ReleaseStatus,
)
from releases.models.story import Deploy, ReleaseCommit, Repository

__all__ = [
    "Deploy",
    "Release",
    "ReleaseCommit",
    "ReleaseEnvironment",
    "ReleaseHour",
    "ReleaseProject",
    "ReleaseStatus",
    "ReleaseUser",
    "Repository",
    "SessionState",
    "UserSample",
]
