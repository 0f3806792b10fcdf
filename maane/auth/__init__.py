"""Who are you: users, sessions, CSRF, passwords, login."""
