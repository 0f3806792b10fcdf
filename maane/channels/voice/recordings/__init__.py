"""Recordings of calls: fetched from Twilio, deleted there, played and deleted here."""
