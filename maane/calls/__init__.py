"""Calls: what was said is their conversations'; here is what only a call has."""
