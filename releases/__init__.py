"""Versions of programs: what was released, where it runs, and how healthy it is."""
