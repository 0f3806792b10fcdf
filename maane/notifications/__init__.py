"""Who of a business is told that somebody waits, by which ways, and what follows when nobody comes."""
