"""Merging issues, and taking them apart again, without moving or losing an event."""
