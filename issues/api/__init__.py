"""The web API of issues and events: Sentry's addresses and shapes."""
