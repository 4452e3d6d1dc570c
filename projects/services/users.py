"""What users choose for themselves."""

from __future__ import annotations

from projects.models import Project, ProjectStar, User


def change_profile(
    user: User,
    *,
    name: str,
    language: str,
    time_zone: str,
    theme: str,
    shortcuts: bool,
    oldest_frame_first: bool,
) -> None:
    user.first_name, user.last_name = name, ""
    user.language = language
    user.time_zone = time_zone
    user.theme = theme
    user.shortcuts = shortcuts
    user.oldest_frame_first = oldest_frame_first
    user.save(
        update_fields=[
            "first_name",
            "last_name",
            "language",
            "time_zone",
            "theme",
            "shortcuts",
            "oldest_frame_first",
        ]
    )


def change_language(user: User, language: str) -> None:
    user.language = language
    user.save(update_fields=["language"])


def toggle_star(user: User, project: Project) -> bool:
    """Stars the project for the user, or takes the star away; gives which."""
    star, is_new = ProjectStar.objects.get_or_create(user=user, project=project)
    if not is_new:
        star.delete()
    return is_new
