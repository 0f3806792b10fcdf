"""Two addresses, the second the same as Maane's."""

from __future__ import annotations

from django.urls import path

from bench.peers.django_peer.views import Prompts, log_in

urlpatterns = [
    path("login", log_in),
    path("api/business/current/prompt", Prompts.as_view()),
]
