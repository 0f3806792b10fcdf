"""What is kept of people who wrote to a business: for how long, given out, and erased."""
