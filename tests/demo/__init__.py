"""A made-up bookshop whose errors fill every page: the same ones each time."""
