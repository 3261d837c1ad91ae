"""Pages that belong to no room: the front page, patterns, settings."""
