"""An event's payload as what the issue page shows of it."""
