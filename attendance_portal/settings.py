"""Settings, all of them read from the environment; `.env.example` lists every name that is read."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any, cast

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONE, SELF

from attendance_portal import api_settings, downstream, embedded

BASE_DIR = Path(__file__).resolve().parent.parent


def _yes(name: str) -> bool:
    """Tell whether the environment switches `name` on."""
    return os.environ.get(name, "").strip().lower() in {"1", "true", "yes", "on"}


def _words(name: str) -> list[str]:
    """Read a list parted by commas or spaces."""
    return os.environ.get(name, "").replace(",", " ").split()


# Everything written at run time lives under this one folder, so that several copies can run side by side.
PORTAL_VAR = embedded.portal_var(BASE_DIR)
PORT = int(os.environ.get("PORT", "8000"))
PORTAL_DEMO = _yes("PORTAL_DEMO")
DEBUG = _yes("DEBUG")
_INSECURE_TRANSPORT = PORTAL_DEMO or DEBUG


def _secret_key() -> str:
    """The key of the environment, else one made once and kept beside the data."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    kept = PORTAL_VAR / "secret-key"
    if not kept.exists():
        PORTAL_VAR.mkdir(parents=True, exist_ok=True)
        draft = kept.with_name(f"secret-key.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        with contextlib.suppress(FileExistsError):
            kept.hardlink_to(draft)  # the first of two processes starting at once wins
        draft.unlink()
    return kept.read_text()


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = _words("SECRET_KEY_FALLBACKS")
# Seals secrets of other services (the token for Wonde); with another one they must be entered again.
SEALING_KEY: str = os.environ.get("SEALING_KEY") or SECRET_KEY

ALLOWED_HOSTS = _words("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = _words("CSRF_TRUSTED_ORIGINS")
# The address that e-mails point to.
PORTAL_ADDRESS = os.environ.get("PORTAL_ADDRESS", f"http://localhost:{PORT}").rstrip("/")

OIDC_SERVER = os.environ.get("OIDC_SERVER_URL", "")

INSTALLED_APPS = [
    "attendance_portal",
    "schools",
    "casework",
    "tsm",
    "attendance_portal.front",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    *(["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"] if OIDC_SERVER else []),
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "attendance_portal.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # Last, so that everything it wraps in its transaction is ours.
    "attendance_portal.middleware.AuthorityMiddleware",
]

ROOT_URLCONF = "attendance_portal.urls"
WSGI_APPLICATION = "attendance_portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "attendance_portal.context.portal",
            ],
        },
    },
]

# --- Database, broker, cache -------------------------------------------------------------------------------


def _database(role: str, url: str | None, pool: bool) -> dict[str, Any]:
    """One alias: from its URL, else the embedded server as the plain role `role`."""
    settings: dict[str, Any] = embedded.database_settings(PORTAL_VAR, role)
    if url:
        settings = cast("dict[str, Any]", dj_database_url.parse(url))
    options: dict[str, Any] = {"connect_timeout": 10, **settings.get("OPTIONS", {})}
    if pool:
        options["pool"] = {
            "min_size": 1,
            "max_size": int(os.environ.get("DATABASE_POOL", "8")),
            "timeout": 10,
        }
    # A pooler in transaction mode may stand between us and the server.
    return {
        **settings,
        "OPTIONS": options,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "ATOMIC_REQUESTS": False,
    }


EMBEDDED_DATABASE = not os.environ.get("DATABASE_URL")
DATABASES = {
    # The site, the tasks and the tests: a plain role under row security.
    "default": _database(
        "portal_app",
        os.environ.get("DATABASE_URL"),
        pool=not _yes("DATABASE_WITHOUT_POOL"),
    ),
    # Owns the tables; `manage.py migrate` alone uses it.
    "owner": _database(
        "portal_owner",
        os.environ.get("DATABASE_OWNER_URL") or os.environ.get("DATABASE_URL"),
        pool=False,
    ),
}

EMBEDDED_BROKER = not os.environ.get("REDIS_URL")
REDIS_URL = os.environ.get("REDIS_URL") or f"unix://{embedded.redis_socket(PORTAL_VAR)}"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": embedded.redis_database(REDIS_URL, 1),
        "KEY_PREFIX": "portal",
    }
}

# --- People signing in -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "attendance_portal.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Else the list that comes with the package `govuk-bank-holidays`.
BANK_HOLIDAYS_FROM_GOV_UK = _yes("BANK_HOLIDAYS_FROM_GOV_UK")

# The session dies when nothing was asked for in this time.
IDLE_MINUTES = int(os.environ.get("IDLE_MINUTES", "30"))
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = IDLE_MINUTES * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "attendance_portal.sign_in.InvitationOnlyAdapter"
ACCOUNT_FORMS = {
    "login": "attendance_portal.forms.SignInForm",
    "reset_password": "attendance_portal.forms.AskForNewPasswordForm",
    "reset_password_from_key": "attendance_portal.forms.NewPasswordForm",
    "change_password": "attendance_portal.forms.ChangePasswordForm",
    "set_password": "attendance_portal.forms.SetPasswordForm",
    "reauthenticate": "attendance_portal.forms.ConfirmPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
# The invitation that was followed has proved the address.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",  # a whole school may sit behind one address
    "login_failed": "20/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
}
# How many proxies stand before us; decides which address the rate limits count by.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXY_COUNT", "0"))

# In the demonstration nobody is made to set a second factor up; whoever does is asked for it.
SECOND_FACTOR_REQUIRED = not PORTAL_DEMO
MFA_ADAPTER = "attendance_portal.sign_in.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "attendance_portal.forms.SecondFactorForm",
    "reauthenticate": "attendance_portal.forms.ConfirmSecondFactorForm",
    "activate_totp": "attendance_portal.forms.SetUpAppForm",
    "deactivate_totp": "attendance_portal.forms.RemoveAppForm",
    "generate_recovery_codes": "attendance_portal.forms.NewRecoveryCodesForm",
    "add_webauthn": "attendance_portal.forms.AddPasskeyForm",
    "authenticate_webauthn": "attendance_portal.forms.PasskeyForm",
    "reauthenticate_webauthn": "attendance_portal.forms.ConfirmPasskeyForm",
    "edit_webauthn": "attendance_portal.forms.RenamePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _INSECURE_TRANSPORT
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Attendance portal"
MFA_TOTP_TOLERANCE = 1  # a code that ends while it is typed still counts: RFC 6238 5.2 allows one step

if OIDC_SERVER:
    SOCIALACCOUNT_ONLY = False
    SOCIALACCOUNT_AUTO_SIGNUP = False
    SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
    SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "single-sign-on",
                    "name": os.environ.get("OIDC_NAME") or "Single sign-on",
                    "client_id": os.environ["OIDC_CLIENT_ID"],
                    "secret": os.environ["OIDC_CLIENT_SECRET"],
                    "settings": {"server_url": OIDC_SERVER},
                }
            ],
        }
    }

# --- The API -----------------------------------------------------------------------------------------------

API_MOST_BYTES = int(os.environ.get("API_MOST_MEGABYTES", "20")) * 1_000_000
API_REQUESTS_A_MINUTE = int(os.environ.get("API_REQUESTS_A_MINUTE", "300"))
REST_FRAMEWORK = api_settings.REST_FRAMEWORK
SPECTACULAR_SETTINGS = api_settings.SPECTACULAR_SETTINGS

# --- What the browser is told ------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = not _INSECURE_TRANSPORT and not _yes("WITHOUT_SSL_REDIRECT")
SECURE_HSTS_SECONDS = 0 if _INSECURE_TRANSPORT else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not _INSECURE_TRANSPORT
SECURE_HSTS_PRELOAD = not _INSECURE_TRANSPORT
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = not _INSECURE_TRANSPORT
CSRF_COOKIE_SECURE = not _INSECURE_TRANSPORT
X_FRAME_OPTIONS = "DENY"
if _yes("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF, *([OIDC_SERVER] if OIDC_SERVER else [])],
    }
}

# Notices may name a child ("… is on the list"): they stay on the server, not in a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Language, time, static files, uploads -----------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True

NODE_MODULES = Path(os.environ.get("NODE_MODULES", BASE_DIR / "node_modules"))
STATIC_URL = "/static/"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("govuk", NODE_MODULES / "govuk-frontend" / "dist" / "govuk"),
    ("moj", NODE_MODULES / "@ministryofjustice" / "frontend" / "moj"),
]
# What the packages are made from, which no browser asks for; `collectstatic` leaves these names out.
STATIC_NOT_SERVED = (
    *("*.scss", "*.scss.map", "*.njk", "*.md", "*.mjs", "*.mjs.map", "*.json.map", "*.yaml", "*.d.ts"),
    *("common", "components", "core", "custom-properties", "errors", "filters", "helpers", "macros"),
    *(
        "objects",
        "overrides",
        "settings",
        "tools",
        "utilities",
        "vendor",
        "fonts",
        "rest_framework",  # its pages in a browser, which the API has none of
    ),  # the fonts: GDS Transport is not ours to use
)
# Serve the files where they lie, without `collectstatic` (while developing, and in tests).
STATIC_FROM_SOURCE = DEBUG or _yes("STATIC_FROM_SOURCE")
STATIC_ROOT = None if STATIC_FROM_SOURCE else Path(os.environ.get("STATIC_ROOT", PORTAL_VAR / "static"))
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["map", "png", "ico", "jpg", "gif", "webp", "zip", "gz", "br", "woff2"]
# Looked up when asked for: a list of them all would be made anew by every client of the tests.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = STATIC_FROM_SOURCE
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": os.environ.get(
            "STATICFILES_STORAGE",
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if STATIC_FROM_SOURCE
            else "whitenoise.storage.CompressedManifestStaticFilesStorage",
        )
    },
}
MEDIA_ROOT = PORTAL_VAR / "files"
DATA_UPLOAD_MAX_NUMBER_FILES = 400  # the form says how many may be sent at once
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# The virus scanner that documents are shown to before they are kept: unix:///path or tcp://host:port of its clamd.
CLAMAV_URL = os.environ.get("CLAMAV_URL", "")
CLAMAV_SECONDS = float(os.environ.get("CLAMAV_SECONDS", "30"))  # it must begin to answer in this time

# --- E-mail ------------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "attendance-portal@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
if os.environ.get("EMAIL_HOST"):
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = os.environ["EMAIL_HOST"]
    EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "587"))
    EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
    EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
    EMAIL_USE_TLS = not _yes("EMAIL_WITHOUT_TLS")
    EMAIL_TIMEOUT = 20
else:
    # No mail server is named (as in the demonstration): each message becomes a file.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(PORTAL_VAR / "mail")

# --- Tasks -------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = embedded.broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TASK_DEFAULT_QUEUE = "portal"
# The state of a run is in the database; beat takes up what was left unfinished.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(PORTAL_VAR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "band every authority at night": {
        "task": "schools.tasks.band_every_authority",
        "schedule": crontab(hour=2, minute=0),
    },
    # Before the banding, which then knows the day's marks.
    "ask schools' systems at night": {
        "task": "schools.tasks.sync_every_authority",
        "schedule": crontab(hour=1, minute=0),
    },
    "take up unfinished runs": {
        "task": "attendance_portal.tasks.take_up_unfinished",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "throw away files that no row holds": {
        "task": "schools.tasks.throw_away_strays",
        "schedule": crontab(minute=30),
    },
    "write of what is due in cases": {
        "task": "casework.tasks.remind_every_authority",
        "schedule": crontab(hour=7, minute=0, day_of_week="mon"),
    },
    "scan documents that came in without a scanner": {
        "task": "casework.tasks.scan_unscanned",
        "schedule": crontab(hour=4, minute=0),
    },
    "throw away documents that no case holds": {
        "task": "casework.tasks.throw_away_strays",
        "schedule": crontab(minute=35),
    },
    "send waiting messages": {
        "task": "attendance_portal.tasks.send_waiting_messages",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
}

# --- Schools' own systems ------------------------------------------------------------------------------------

WONDE_PORT = int(os.environ.get("WONDE_PORT", "8010"))
# Stands in for Wonde's own addresses. The demonstration asks the server that `make wonde` starts beside it.
WONDE_ADDRESS = os.environ.get("WONDE_ADDRESS") or (f"http://127.0.0.1:{WONDE_PORT}/v1.0/" if PORTAL_DEMO else "")
# How many schools' systems are asked at the same time; each takes one of the workers.
SYNCS_AT_ONCE = int(os.environ.get("SYNCS_AT_ONCE", "1"))

# --- What apps downstream add to pages upstream: see the lists there ---------------------------------------

UNFINISHED = downstream.UNFINISHED
PUPIL_PANELS = downstream.PUPIL_PANELS
SCHOOL_PANELS = downstream.SCHOOL_PANELS
CHRONOLOGY = downstream.CHRONOLOGY

# --- Logging: to standard output, without personal data ---------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "attendance_portal.logs.WithoutPersonalData",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "plain",
        }
    },
    "root": {"handlers": ["stdout"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # Parameters of statements are personal data.
        "django.db.backends": {"level": "WARNING"},
        # The addresses it asks name pupils.
        "httpx": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
    },
}
