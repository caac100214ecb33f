"""Django as lean as it gets: no middleware, no sessions, kept connections."""

import os
import urllib.parse

_url = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
_socket = dict(urllib.parse.parse_qsl(_url.query))

SECRET_KEY = "not used"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "drf.api"
INSTALLED_APPS = ["rest_framework", "drf"]
MIDDLEWARE = []
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": _url.path[1:], "USER": _url.username, "PASSWORD": _url.password,
    "HOST": _socket["host"], "PORT": _socket["port"], "CONN_MAX_AGE": None,
    "OPTIONS": {"options": "-c search_path=session_group"},
}}
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}
