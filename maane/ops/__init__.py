"""Running Maane: health, pages, the supervisor, the doctor."""
