"""Pages of sign-in's other side: organizations, members, projects, keys, tokens."""
