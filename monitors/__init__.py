"""Cron monitors: what scheduled jobs tell of themselves, and what they fail to tell."""
