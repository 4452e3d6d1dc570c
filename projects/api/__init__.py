"""The web API's common ground, and what it tells of organizations and projects."""
