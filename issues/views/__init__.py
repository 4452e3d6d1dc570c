"""The pages about issues."""
