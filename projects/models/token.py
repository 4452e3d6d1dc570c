"""Tokens of the API."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from projects.models.people import Organization, User


class APIToken(models.Model):
    """A bearer token of the web API: only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=64)
    # SHA-256 of the token; the token is random, so that a slow hash adds nothing.
    token_hash = models.BinaryField(max_length=32, unique=True)
    last_characters = models.CharField(max_length=4)
    scopes = ArrayField(models.CharField(max_length=32))
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} (…{self.last_characters})"
