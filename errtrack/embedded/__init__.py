"""The private PostgreSQL and Valkey of an installation that names no servers."""
