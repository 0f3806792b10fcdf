"""When a business takes people, and who comes when: one appointment at a time of one place."""
