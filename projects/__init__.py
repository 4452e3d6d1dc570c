"""Organizations, teams, members, projects, keys and API tokens."""
