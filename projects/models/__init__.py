"""What is stored of organizations, members, projects, keys and API tokens."""

from projects.models.people import (
    EmailUserManager,
    Membership,
    Organization,
    Role,
    Team,
    User,
)
from projects.models.policies import (
    DiscardedIssue,
    GroupingRuleset,
    GroupingUpgrade,
    InboundFilters,
    OrganizationScrubbing,
    ProjectScrubbing,
)
from projects.models.project import Project, ProjectKey, ProjectStar, new_key
from projects.models.token import APIToken

__all__ = [
    "APIToken",
    "DiscardedIssue",
    "EmailUserManager",
    "GroupingRuleset",
    "GroupingUpgrade",
    "InboundFilters",
    "Membership",
    "Organization",
    "OrganizationScrubbing",
    "Project",
    "ProjectKey",
    "ProjectScrubbing",
    "ProjectStar",
    "Role",
    "Team",
    "User",
    "new_key",
]
