"""This room's part of the web API."""
