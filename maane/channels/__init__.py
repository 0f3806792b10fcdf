"""Where people write and call from."""
