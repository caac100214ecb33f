"""The same tables, not managed by Django."""

from django.db import models
from django.contrib.postgres.fields import ArrayField


class User(models.Model):
    uuid = models.UUIDField()
    distinct_id = models.TextField(null=True)
    first_name = models.TextField()
    last_name = models.TextField()
    email = models.TextField()
    is_email_verified = models.BooleanField(null=True)
    hedgehog_config = models.JSONField(null=True)
    role_at_organization = models.TextField(null=True)
    is_active = models.BooleanField()
    is_authenticated = True

    class Meta:
        managed = False
        db_table = "users"


class Member(models.Model):
    project_id = models.BigIntegerField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "members"


class ApiKey(models.Model):
    user = models.ForeignKey(User, models.CASCADE)
    hash = models.TextField()
    scopes = ArrayField(models.TextField(), null=True)
    project_ids = ArrayField(models.BigIntegerField(), null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "api_keys"


class Summary(models.Model):
    id = models.UUIDField(primary_key=True)
    project_id = models.BigIntegerField()
    title = models.TextField()
    session_ids = ArrayField(models.TextField())
    session_count = models.IntegerField()
    summary = models.JSONField(null=True)
    extra_summary_context = models.JSONField(null=True)
    run_metadata = models.JSONField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True)

    class Meta:
        managed = False
        db_table = "summaries"
