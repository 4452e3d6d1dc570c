"""Requests and events that nobody meant to send, made by hypothesis."""
