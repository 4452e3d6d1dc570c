"""The pages about what becomes of what is sent."""
