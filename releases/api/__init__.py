"""The part of the web API that tells of releases and sessions."""
