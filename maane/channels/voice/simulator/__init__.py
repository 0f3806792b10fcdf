"""Calls that nobody pays for: Twilio's part of a call, played on this machine."""
