"""Login, and the save."""

from __future__ import annotations

import json

from django.contrib.auth import authenticate, login
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.peers.django_peer.models import AuditEvent, Business, PromptVersion


class PromptsSerializer(serializers.Serializer):
    calls_prompt = serializers.CharField(
        max_length=100_000, allow_blank=True, trim_whitespace=False
    )
    whatsapp_prompt = serializers.CharField(
        max_length=100_000, allow_blank=True, trim_whitespace=False
    )

    def to_internal_value(self, data: object) -> object:
        if isinstance(data, dict) and (unknown := set(data) - set(self.fields)):
            raise serializers.ValidationError(dict.fromkeys(unknown, "unknown key"))
        return super().to_internal_value(data)


class VersionSerializer(serializers.Serializer):
    calls_prompt = serializers.CharField()
    whatsapp_prompt = serializers.CharField()
    version = serializers.IntegerField()
    updated_at = serializers.DateTimeField(source="created_at")
    updated_by = serializers.CharField(source="created_by_name")


@csrf_exempt
def log_in(request: HttpRequest) -> JsonResponse:
    body = json.loads(request.body)
    user = authenticate(request, username=body["email"], password=body["password"])
    if user is None:
        return JsonResponse({"error": "invalid_credentials"}, status=401)
    login(request, user)
    return JsonResponse({"csrfToken": get_token(request)})


class Prompts(APIView):
    def put(self, request: Request) -> Response:
        serializer = PromptsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        texts = serializer.validated_data
        user = request.user
        if user.tenant_id is None:
            raise PermissionDenied
        with transaction.atomic():
            business = Business.objects.select_for_update(no_key=True).get(pk=user.tenant_id)
            if business.status != "active":
                raise PermissionDenied
            latest = (
                PromptVersion.objects.filter(business_id=business.pk).order_by("-version").first()
            )
            row = PromptVersion.objects.create(
                business_id=business.pk,
                version=1 if latest is None else latest.version + 1,
                created_by=user.pk,
                created_by_name=user.name,
                created_at=timezone.now(),
                **texts,
            )
            AuditEvent.objects.create(
                business_id=business.pk,
                actor_user_id=user.pk,
                actor_email=user.email,
                actor_name=user.name,
                actor_role=user.role,
                action="prompts.replaced",
                subject=f"prompts:{row.version}",
                at=timezone.now(),
            )
        return Response(VersionSerializer(row).data)
