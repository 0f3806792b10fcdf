"""Makes the peer's tables, its business and its user. Run as a module, once."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.django_peer.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from bench.peers.django_peer.models import Business, User  # noqa: E402

call_command("migrate", verbosity=0, run_syncdb=True)
user = User(
    email="bench1@example.com",
    name="bench",
    role="business",
    tenant=Business.objects.create(name="Bench"),
)
user.set_password(os.environ["BENCH_PASSWORD"])
user.save()
