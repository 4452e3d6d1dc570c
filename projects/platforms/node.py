"""JavaScript on the server."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from projects.platforms.base import Platform, Step, init, install, trial

_NODE_INIT = init(
    """
const Sentry = require("@sentry/node");

Sentry.init({
  dsn: "{DSN}",
  release: "my-app@1.0.0",
  environment: "production",
});
""",
    "javascript",
    "instrument.js",
)

NODE = (
    Platform(
        slug="node",
        name="Node.js",
        family="Node.js",
        steps=(
            install("npm install @sentry/node"),
            _NODE_INIT,
            trial(
                """
require("./instrument.js");

setTimeout(() => {
  throw new Error("errtrack test");
});
""",
                "javascript",
                "index.js",
            ),
        ),
    ),
    Platform(
        slug="express",
        name="Express",
        family="Node.js",
        steps=(
            install("npm install @sentry/node"),
            _NODE_INIT,
            Step(
                title=_("Load it first, and add the error handler after all routes"),
                file="app.js",
                language="javascript",
                code="""
require("./instrument.js");

const express = require("express");
const Sentry = require("@sentry/node");

const app = express();

app.get("/errtrack-test", () => {
  throw new Error("errtrack test");
});

Sentry.setupExpressErrorHandler(app);

app.listen(3000);
""",
            ),
            trial("curl http://127.0.0.1:3000/errtrack-test", "bash"),
        ),
    ),
)
