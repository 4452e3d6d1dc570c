"""Monitors as the web API tells them."""
