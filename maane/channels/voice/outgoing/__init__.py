"""Calls that the business makes to its leads: whether it may, how they are asked for, what is said."""
