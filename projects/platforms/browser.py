"""JavaScript in the browser."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from projects.platforms.base import Platform, Step, init, install, trial


def _javascript(
    package: str, *more: Step, slug: str, name: str, start: str
) -> Platform:
    """A framework in the browser."""
    return Platform(
        slug=slug,
        name=name,
        family="JavaScript",
        steps=(
            install(f"npm install {package}"),
            init(start, "typescript"),
            *more,
            trial(
                """
setTimeout(() => {
  throw new Error("errtrack test");
});
""",
                "javascript",
            ),
        ),
    )


_BROWSER_INIT = """
import * as Sentry from "@sentry/{PACKAGE}";

Sentry.init({
  dsn: "{DSN}",
  release: "my-app@1.0.0",
  environment: "production",
});
"""

BROWSER = (
    _javascript(
        "@sentry/browser",
        slug="javascript",
        name="Browser",
        start=_BROWSER_INIT.replace("{PACKAGE}", "browser"),
    ),
    _javascript(
        "@sentry/react",
        Step(
            title=_("Report what React catches (React 19)"),
            file="main.tsx",
            language="tsx",
            code="""
createRoot(document.getElementById("root")!, {
  onUncaughtError: Sentry.reactErrorHandler(),
  onCaughtError: Sentry.reactErrorHandler(),
  onRecoverableError: Sentry.reactErrorHandler(),
}).render(<App />);
""",
        ),
        slug="react",
        name="React",
        start=_BROWSER_INIT.replace("{PACKAGE}", "react"),
    ),
    _javascript(
        "@sentry/vue",
        slug="vue",
        name="Vue",
        start="""
import { createApp } from "vue";
import * as Sentry from "@sentry/vue";
import App from "./App.vue";

const app = createApp(App);

Sentry.init({
  app,
  dsn: "{DSN}",
  release: "my-app@1.0.0",
  environment: "production",
});

app.mount("#app");
""",
    ),
    _javascript(
        "@sentry/angular",
        Step(
            title=_("Let the SDK handle errors"),
            file="app.config.ts",
            language="typescript",
            code="""
import { ErrorHandler } from "@angular/core";
import * as Sentry from "@sentry/angular";

export const appConfig = {
  providers: [
    { provide: ErrorHandler, useValue: Sentry.createErrorHandler() },
  ],
};
""",
        ),
        slug="angular",
        name="Angular",
        start=_BROWSER_INIT.replace("{PACKAGE}", "angular"),
    ),
    _javascript(
        "@sentry/svelte",
        slug="svelte",
        name="Svelte",
        start=_BROWSER_INIT.replace("{PACKAGE}", "svelte"),
    ),
    Platform(
        slug="nextjs",
        name="Next.js",
        family="JavaScript",
        steps=(
            install("npm install @sentry/nextjs"),
            Step(
                title=_("Initialise it on the server"),
                file="instrumentation.ts",
                language="typescript",
                code="""
import * as Sentry from "@sentry/nextjs";

export function register() {
  Sentry.init({
    dsn: "{DSN}",
    release: "my-app@1.0.0",
    environment: "production",
  });
}

export const onRequestError = Sentry.captureRequestError;
""",
            ),
            Step(
                title=_("Initialise it in the browser"),
                file="instrumentation-client.ts",
                language="typescript",
                code=_BROWSER_INIT.replace("{PACKAGE}", "nextjs"),
            ),
            trial(
                """
export function GET() {
  throw new Error("errtrack test");
}
""",
                "typescript",
                "app/api/errtrack-test/route.ts",
            ),
        ),
    ),
)
