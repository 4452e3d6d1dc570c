"""Ruby, PHP, and anything that can send a request."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from projects.platforms.base import Platform, Step, init, install, trial

RUBY = (
    Platform(
        slug="ruby",
        name="Ruby",
        family="Ruby",
        steps=(
            install("bundle add sentry-ruby"),
            init(
                """
require "sentry-ruby"

Sentry.init do |config|
  config.dsn = "{DSN}"
end
""",
                "ruby",
            ),
            trial(
                """
begin
  1 / 0
rescue ZeroDivisionError => error
  Sentry.capture_exception(error)
end
""",
                "ruby",
            ),
        ),
    ),
    Platform(
        slug="rails",
        name="Rails",
        family="Ruby",
        steps=(
            install("bundle add sentry-ruby sentry-rails"),
            init(
                """
Sentry.init do |config|
  config.dsn = "{DSN}"
  config.breadcrumbs_logger = [:active_support_logger, :http_logger]
end
""",
                "ruby",
                "config/initializers/sentry.rb",
            ),
            trial(
                """
get "errtrack-test", to: ->(env) { 1 / 0 }
""",
                "ruby",
                "config/routes.rb",
            ),
        ),
    ),
)

PHP = (
    Platform(
        slug="php",
        name="PHP",
        family="PHP",
        steps=(
            install("composer require sentry/sentry"),
            init(
                """
require_once __DIR__ . '/vendor/autoload.php';

\\Sentry\\init([
    'dsn' => '{DSN}',
]);
""",
                "php",
            ),
            trial("throw new \\RuntimeException('errtrack test');", "php"),
        ),
    ),
    Platform(
        slug="laravel",
        name="Laravel",
        family="PHP",
        steps=(
            install("composer require sentry/sentry-laravel"),
            Step(
                title=_("Let the SDK handle errors"),
                file="bootstrap/app.php",
                language="php",
                code="""
->withExceptions(function (Exceptions $exceptions) {
    \\Sentry\\Laravel\\Integration::handles($exceptions);
})
""",
            ),
            Step(
                title=_("Set the address"),
                file=".env",
                language="properties",
                code="SENTRY_LARAVEL_DSN={DSN}",
            ),
            trial("php artisan sentry:test", "bash"),
        ),
    ),
)

OTHER = Platform(
    slug="other",
    name="curl",
    family="Other",
    steps=(
        Step(
            title=_("Send an event with nothing but HTTP"),
            code="""
curl '{BASE}/api/{PROJECT}/store/' \\
  -H 'Content-Type: application/json' \\
  -H 'X-Sentry-Auth: Sentry sentry_version=7, sentry_key={KEY}' \\
  -d '{"level": "error", "message": "errtrack test"}'
""",
        ),
    ),
)
