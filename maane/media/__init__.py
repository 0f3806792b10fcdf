"""Files that customers send: what is known of each, where they lie, how they are served."""
