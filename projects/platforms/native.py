"""Games, native programs, and what reaches the service without an SDK."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from projects.platforms.base import Platform, Step, init, install, trial

REACT_NATIVE = Platform(
    slug="react-native",
    name="React Native",
    family="React Native",
    steps=(
        install("npm install @sentry/react-native"),
        init(
            """
import * as Sentry from "@sentry/react-native";

Sentry.init({
  dsn: "{DSN}",
});

export default Sentry.wrap(App);
""",
            "tsx",
            "App.tsx",
        ),
        trial(
            """
<Button
  title="errtrack test"
  onPress={() => {
    throw new Error("errtrack test");
  }}
/>
""",
            "tsx",
        ),
    ),
)

ELIXIR = Platform(
    slug="elixir",
    name="Elixir",
    family="Elixir",
    steps=(
        install(
            """
{:sentry, "~> 13.4"},
{:finch, "~> 0.21"},
{:jason, "~> 1.4"},
""",
            "elixir",
            "mix.exs",
        ),
        init(
            """
config :sentry,
  dsn: "{DSN}",
  environment_name: config_env(),
  enable_source_code_context: true,
  root_source_code_paths: [File.cwd!()]
""",
            "elixir",
            "config/config.exs",
        ),
        Step(
            title=_("Let the SDK hear of crashes"),
            file="lib/my_app/application.ex",
            language="elixir",
            code=":logger.add_handler(:sentry_handler, Sentry.LoggerHandler, %{})",
        ),
        trial("mix sentry.send_test_event", "bash"),
    ),
)

NATIVE = Platform(
    slug="native",
    name="C/C++",
    family="C/C++",
    steps=(
        install("vcpkg install sentry-native"),
        init(
            """
#include <sentry.h>

int main(void) {
  sentry_options_t *options = sentry_options_new();
  sentry_options_set_dsn(options, "{DSN}");
  sentry_options_set_release(options, "my-program@1.0.0");
  sentry_init(options);

  /* … */

  sentry_close();
}
""",
            "c",
            "main.c",
        ),
        trial(
            """
sentry_capture_event(sentry_value_new_message_event(
    SENTRY_LEVEL_ERROR, "test", "errtrack test"));
""",
            "c",
        ),
    ),
)

UNITY = Platform(
    slug="unity",
    name="Unity",
    family="Unity",
    steps=(
        Step(
            title=_("Add the package in Unity: Package Manager, from a Git URL"),
            code="https://github.com/getsentry/unity.git",
            language="text",
        ),
        Step(
            title=_("Enter the DSN in Unity: Tools, Sentry"),
            code="{DSN}",
            language="text",
        ),
        trial('throw new Exception("errtrack test");', "csharp"),
    ),
)

REPORTS = Platform(
    slug="csp",
    name="CSP",
    family="CSP",
    steps=(
        Step(
            title=_("Have browsers report what your policy blocks, in a header"),
            code="""
Content-Security-Policy: default-src 'self';
  report-uri {BASE}/api/{PROJECT}/security/?sentry_key={KEY}
""",
            language="text",
        ),
    ),
)
