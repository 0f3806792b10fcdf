"""Durable work: jobs that survive a crash, run once, and one at a time where they must."""
