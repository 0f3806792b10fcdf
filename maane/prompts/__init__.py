"""The two texts by which the assistant speaks, with their history."""
