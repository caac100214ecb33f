"""The resource as one writes it with Django REST framework."""

import hashlib

from django.urls import path
from django.utils import timezone
from rest_framework import authentication, exceptions, generics, pagination, permissions, serializers

from .models import ApiKey, Item, Member, Summary, User


class KeyAuthentication(authentication.BaseAuthentication):
    def authenticate(self, request):
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        digest = "sha256$" + hashlib.sha256(key.encode()).hexdigest()
        found = ApiKey.objects.select_related("user").filter(hash=digest, revoked_at=None,
                user__is_active=True).first()
        if found is None or (found.expires_at and found.expires_at <= timezone.now()):
            raise exceptions.AuthenticationFailed()
        return found.user, found

    def authenticate_header(self, request):
        return "Bearer"


class IsMember(permissions.BasePermission):
    def has_permission(self, request, view):
        key, project = request.auth, view.kwargs["project_id"]
        scopes = {"*", "session_recording:write"}
        if request.method in permissions.SAFE_METHODS:
            scopes.add("session_recording:read")
        return (key is not None
                and bool(set(key.scopes or []) & scopes)
                and (not key.project_ids or project in key.project_ids)
                and Member.objects.filter(project_id=project, user=request.user, removed_at=None).exists())


class Pages(pagination.LimitOffsetPagination):
    default_limit = 100
    max_limit = 1000


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "uuid", "distinct_id", "first_name", "last_name", "email", "is_email_verified",
                  "hedgehog_config", "role_at_organization"]


class ItemSerializer(serializers.ModelSerializer):
    created_by = UserSerializer(read_only=True)

    class Meta:
        model = Item
        fields = ["id", "title", "session_count", "created_at", "created_by"]


def rows_of(instance):
    """The one row: Django takes the id for the whole key, and projects may have equal ids here."""
    return Summary.objects.filter(project_id=instance.project_id, id=instance.id)


class ObjectSerializer(serializers.ModelSerializer):
    created_by = UserSerializer(read_only=True)
    team = serializers.IntegerField(source="project_id", read_only=True)

    class Meta:
        model = Summary
        fields = ["id", "title", "session_ids", "summary", "extra_summary_context", "run_metadata",
                  "created_at", "created_by", "team"]
        read_only_fields = ["id", "created_at"]

    def update(self, instance, validated_data):
        """Writes what was sent, and no more."""
        rows_of(instance).update(**validated_data)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        return instance


class Objects:
    authentication_classes = [KeyAuthentication]
    permission_classes = [IsMember]
    serializer_class = ObjectSerializer

    def get_queryset(self):
        return Summary.objects.filter(project_id=self.kwargs["project_id"]).select_related("created_by")


class List(Objects, generics.ListCreateAPIView):
    pagination_class = Pages

    def get_queryset(self):
        return (Item.objects.filter(project_id=self.kwargs["project_id"]).select_related("created_by")
                .order_by("-created_at", "-id"))

    def get_serializer_class(self):
        return ObjectSerializer if self.request.method == "POST" else ItemSerializer

    def perform_create(self, serializer):
        serializer.save(project_id=self.kwargs["project_id"], created_by=self.request.user)


class Object(Objects, generics.RetrieveUpdateDestroyAPIView):
    def perform_destroy(self, instance):
        rows_of(instance).delete()


urlpatterns = [
    path("api/projects/<int:project_id>/session_group_summaries/", List.as_view()),
    path("api/projects/<int:project_id>/session_group_summaries/<uuid:pk>/", Object.as_view()),
]
