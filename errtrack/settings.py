"""Every setting of the service: from the environment, each with a working default."""

import secrets
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url

from errtrack import env, mailserver
from errtrack.embedded import addresses
from errtrack.listener import reachable
from errtrack.schedule import BEAT_SCHEDULE, MAIL_SCHEDULE

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("ERRTRACK_DATA", "data"))

# Where the service is reached.
BIND = env.text("ERRTRACK_BIND", "127.0.0.1:8000")
_WEB = ("http", "https")
PUBLIC_URL = env.address("ERRTRACK_URL", f"http://{reachable(BIND)}", schemes=_WEB)
PUBLIC_URL = PUBLIC_URL.rstrip("/")
# By its loopback names the service asks itself whether it answers.
ALLOWED_HOSTS = env.words("ERRTRACK_ALLOWED_HOSTS", "*")
ALLOWED_HOSTS += ["127.0.0.1", "[::1]", "localhost"]
_IS_HTTPS = PUBLIC_URL.startswith("https://")

# How many proxies of our own a request passes: X-Forwarded-For is believed that far.
TRUSTED_PROXIES = env.whole("ERRTRACK_TRUSTED_PROXIES", 0)

# The servers.
DATABASE_URL = env.address("DATABASE_URL", schemes=("postgres", "postgresql"))
DATABASE_URL = DATABASE_URL or addresses.database_url(DATA_DIR)
REDIS_URL = env.address("REDIS_URL", schemes=("redis", "rediss", "unix"))
REDIS_URL = REDIS_URL or addresses.redis_url(DATA_DIR)
DATABASES = {
    "default": dj_database_url.parse(
        DATABASE_URL, conn_max_age=600, conn_health_checks=True
    )
}
# A server that takes connections and never answers must not hold up threads.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

# The pipeline.
SHARDS = env.whole("ERRTRACK_SHARDS", 1, minimum=1)
BATCH = env.whole("ERRTRACK_BATCH", 200, minimum=1)
STREAM_MAX_BYTES = env.whole("ERRTRACK_STREAM_MAX_BYTES", 64 * 2**20, minimum=2**20)
MAX_REQUEST_BYTES = env.whole("ERRTRACK_MAX_REQUEST_BYTES", 20 * 2**20, minimum=1024)
MAX_ENVELOPE_BYTES = env.whole("ERRTRACK_MAX_ENVELOPE_BYTES", 100 * 2**20, minimum=1024)
MAX_EVENT_BYTES = env.whole("ERRTRACK_MAX_EVENT_BYTES", 2**20, minimum=1024)
SPIKE_FLOOR = env.whole("ERRTRACK_SPIKE_FLOOR", 100_000, minimum=1)
SAMPLE_PER_HOUR = env.whole("ERRTRACK_SAMPLE_PER_HOUR", 100, minimum=1)
RETENTION_DAYS = env.whole("ERRTRACK_RETENTION_DAYS", 90, minimum=2)
MONITORS_PER_PROJECT = env.whole("ERRTRACK_MONITORS_PER_PROJECT", 500, minimum=1)
# Pages show the outcomes of thirty days.
OUTCOME_DAYS = env.whole("ERRTRACK_OUTCOME_DAYS", 90, minimum=31)
POISON_DAYS = env.whole("ERRTRACK_POISON_DAYS", 30, minimum=1)
POISON_TRIES = env.whole("ERRTRACK_POISON_TRIES", 3, minimum=1)
PREPARE_MAX_S = env.whole("ERRTRACK_PREPARE_MAX_S", 10, minimum=1)
# Where the edge keeps what the stream does not take.
SPOOL_DIR = DATA_DIR / "spool"
SPOOL_MAX_BYTES = env.whole("ERRTRACK_SPOOL_MAX_BYTES", 256 * 2**20)

# Files of events.
MAX_ATTACHMENT_BYTES = env.whole("ERRTRACK_MAX_ATTACHMENT_BYTES", 20 * 2**20)
EVENT_ATTACHMENTS = env.whole("ERRTRACK_EVENT_ATTACHMENTS", 30)
EVENT_ATTACHMENT_BYTES = env.whole("ERRTRACK_EVENT_ATTACHMENT_BYTES", 50 * 2**20)
PROJECT_ATTACHMENTS = env.whole("ERRTRACK_PROJECT_ATTACHMENTS", 100_000)
PROJECT_ATTACHMENT_BYTES = env.whole("ERRTRACK_PROJECT_ATTACHMENT_BYTES", 5 * 2**30)
_FILE_SYSTEM = "django.core.files.storage.FileSystemStorage"
_ATTACHMENT_STORAGE = env.text("ERRTRACK_ATTACHMENT_STORAGE", _FILE_SYSTEM)
_ATTACHMENT_OPTIONS = env.mapping("ERRTRACK_ATTACHMENT_OPTIONS")
if _ATTACHMENT_STORAGE == _FILE_SYSTEM:
    # For nobody else's eyes, wherever they are kept.
    _ATTACHMENT_OPTIONS = {
        "location": str(DATA_DIR / "attachments"),
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
        **_ATTACHMENT_OPTIONS,
    }

# Processes.
WEB_WORKERS = env.whole("ERRTRACK_WEB_WORKERS", 1, minimum=1)
WEB_CONNECTIONS = env.whole("ERRTRACK_WEB_CONNECTIONS", 1500, minimum=1)
WEB_THREADS = env.whole("ERRTRACK_WEB_THREADS", 4, minimum=1)

# Logging and our own errors.
LOG_LEVEL = env.choice(
    "LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
)
LOG_FORMAT = env.choice("LOG_FORMAT", "auto", ("auto", "json", "console"))
SELF_DSN = env.address("ERRTRACK_SELF_DSN", schemes=_WEB)
METRICS_TOKEN = env.text("ERRTRACK_METRICS_TOKEN")
LOGGING_CONFIG = "errtrack.logs.configure"
LOGGING = {"level": LOG_LEVEL, "format": LOG_FORMAT}

# Mail. Without a server what people ask for goes to the log, and nothing else is sent.
_MAIL = mailserver.server(env.text("ERRTRACK_MAIL_URL"))
IS_MAIL_ON = _MAIL is not None
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = mailserver.sender(env.text("ERRTRACK_MAIL_FROM"), PUBLIC_URL)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Of each step of talking with the server: connecting, greeting, handing over.
EMAIL_TIMEOUT = 10
if _MAIL is not None:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.has_starttls, _MAIL.has_tls

# The first owner.
OWNER_EMAIL = env.text("ERRTRACK_OWNER_EMAIL", "admin@example.com")
OWNER_PASSWORD = env.text("ERRTRACK_OWNER_PASSWORD")


def _secret_key() -> str:
    """The key that signs sessions: given, kept in the data folder, or of this run."""
    given = env.text("ERRTRACK_SECRET_KEY")
    if given:
        return given
    try:
        return (DATA_DIR / "secret_key").read_text().strip()
    except OSError:
        return secrets.token_urlsafe(50)


SECRET_KEY = _secret_key()
DEBUG = False

INSTALLED_APPS = [
    "projects",
    "issues",
    "releases",
    "monitors",
    "ingest",
    "alerts",
    "errtrack.apps.ErrtrackConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "rest_framework",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "projects.middleware.Preferences",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "errtrack.urls"
WSGI_APPLICATION = "errtrack.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "projects.context.page_frame",
            ],
        },
    }
]

# Sign-in.
AUTH_USER_MODEL = "projects.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "projects.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "projects.signin_forms.LoginForm",
    "change_password": "projects.signin_forms.ChangePasswordForm",
    "set_password": "projects.signin_forms.SetPasswordForm",
    "reset_password": "projects.signin_forms.ResetPasswordForm",
    "reset_password_from_key": "projects.signin_forms.ResetPasswordKeyForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

# Cookies and headers.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_TRUSTED_ORIGINS = [
    f"{urlsplit(PUBLIC_URL).scheme}://{urlsplit(PUBLIC_URL).netloc}"
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# Caches hold only what may be lost: sign-in rate limits and the like.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "errtrack:cache",
    }
}

# Languages, time, static files.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": _FILE_SYSTEM},
    "attachments": {"BACKEND": _ATTACHMENT_STORAGE, "OPTIONS": _ATTACHMENT_OPTIONS},
    "staticfiles": {"BACKEND": "errtrack.staticfiles.GzipManifestStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# The API.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["projects.tokens.BearerAuthentication"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "projects.api.parsing.AlwaysJSON",
    "DEFAULT_PARSER_CLASSES": ["projects.api.parsing.BoundedJSONParser"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["projects.api.parsing.EscapingJSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "errtrack.apidocs.Schema",
    "EXCEPTION_HANDLER": "projects.api.errors.answer",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "errtrack",
    "DESCRIPTION": (
        "Sentry's web API as far as its own clients use it. Errors are JSON with one "
        'sentence, `{"detail": "…"}`. Lists have a Link header that leads to the '
        "pages before and after; `results` says whether there is anything on them. "
        "Organizations and projects are named by slug or id."
    ),
    "VERSION": "0",
    "OAS_VERSION": "3.1.0",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # Issues have a status, too.
    "ENUM_NAME_OVERRIDES": {
        "ReleaseStatus": [("open", "open"), ("archived", "archived")]
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "errtrack.apidocs.add_errors",
    ],
    "SCHEMA_PATH_PREFIX": "/api/0/",
    "SERVE_INCLUDE_SCHEMA": False,
}

# Celery.
CELERY_BROKER_URL = (
    REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "errtrack"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_POOL = "solo"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE | (MAIL_SCHEDULE if IS_MAIL_ON else {})
CELERY_TIMEZONE = "UTC"
# Celery would close the connection after every task, and a drain of a single event
# would pay for a new one; errtrack.celery replaces those that broke.
CELERY_DB_REUSE_MAX = 1_000_000_000
