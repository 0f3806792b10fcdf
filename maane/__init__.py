"""Maane: a self-hosted receptionist. ARCHITECTURE.md says which room holds what."""

__version__ = "0.1.0"
