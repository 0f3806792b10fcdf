"""What was said, by whom, on which channel."""
