"""The floor everything stands on. It knows no business word."""
