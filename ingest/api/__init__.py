"""The API about what becomes of what is sent."""
