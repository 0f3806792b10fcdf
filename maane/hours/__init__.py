"""When a business is there: its week, holidays, and days of its own."""
