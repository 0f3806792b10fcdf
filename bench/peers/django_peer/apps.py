"""Names the peer's application."""

from __future__ import annotations

from django.apps import AppConfig


class Peer(AppConfig):
    name = "bench.peers.django_peer"
    label = "django_peer"
