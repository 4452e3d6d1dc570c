"""The core: what happened, grouped into issues and triaged."""
