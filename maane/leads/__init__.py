"""People who asked for something, and how far it got."""
