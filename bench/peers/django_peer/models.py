"""The tables of a save, in the shape of Maane's."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Business(models.Model):
    name = models.TextField()
    status = models.TextField(default="active")


class User(AbstractBaseUser):
    email = models.TextField(unique=True)
    name = models.TextField()
    role = models.TextField()
    tenant = models.ForeignKey(Business, null=True, on_delete=models.PROTECT)
    is_active = models.BooleanField(default=True)
    USERNAME_FIELD = "email"
    objects = BaseUserManager()


class PromptVersion(models.Model):
    # The constraints below lead with the business; an index of its own would be one more to write.
    business = models.ForeignKey(Business, on_delete=models.PROTECT, db_index=False)
    version = models.IntegerField()
    calls_prompt = models.TextField()
    whatsapp_prompt = models.TextField()
    created_by = models.BigIntegerField(null=True)
    created_by_name = models.TextField(null=True)
    impersonating = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["business", "version"], name="one_version"),
            models.UniqueConstraint(fields=["business", "id"], name="of_business"),
        )


class AuditEvent(models.Model):
    business = models.ForeignKey(Business, null=True, on_delete=models.PROTECT, db_index=False)
    actor_user_id = models.BigIntegerField(null=True)
    actor_email = models.TextField(null=True)
    actor_name = models.TextField(null=True)
    actor_role = models.TextField(null=True)
    impersonating = models.BooleanField(default=False)
    action = models.TextField()
    subject = models.TextField()
    reason = models.TextField(null=True)
    request_id = models.TextField(default="")
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["business", "id"]),)
