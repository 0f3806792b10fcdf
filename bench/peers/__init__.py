"""What Maane is measured against. Each peer does the same work on the same server software."""
