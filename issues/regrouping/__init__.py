"""Groups a project's stored events anew: as a preview, or moving them for good."""
