"""Tells people by mail what happens to the issues that they follow."""
