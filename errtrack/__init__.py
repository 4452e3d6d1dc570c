"""The roof: settings, routing, processes, command line, health and metrics."""
