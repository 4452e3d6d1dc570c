"""Languages that are compiled."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from projects.platforms.base import Platform, Step, init, install, trial

GO = Platform(
    slug="go",
    name="Go",
    family="Go",
    steps=(
        install("go get github.com/getsentry/sentry-go"),
        init(
            """
package main

import (
	"log"
	"time"

	"github.com/getsentry/sentry-go"
)

func main() {
	err := sentry.Init(sentry.ClientOptions{
		Dsn: "{DSN}",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer sentry.Flush(2 * time.Second)
}
""",
            "go",
            "main.go",
        ),
        trial(
            """
sentry.CaptureException(errors.New("errtrack test"))
""",
            "go",
        ),
    ),
)

_JAVA_TEST = trial(
    """
try {
    throw new IllegalStateException("errtrack test");
} catch (IllegalStateException e) {
    Sentry.captureException(e);
}
""",
    "java",
)

JVM = (
    Platform(
        slug="java",
        name="Java",
        family="Java",
        steps=(
            install(
                'implementation("io.sentry:sentry:8.+")', "kotlin", "build.gradle.kts"
            ),
            init(
                """
import io.sentry.Sentry;

public class Main {
    public static void main(String[] args) {
        Sentry.init(options -> options.setDsn("{DSN}"));
    }
}
""",
                "java",
                "Main.java",
            ),
            _JAVA_TEST,
        ),
    ),
    Platform(
        slug="spring",
        name="Spring Boot",
        family="Java",
        steps=(
            install(
                'implementation("io.sentry:sentry-spring-boot-starter-jakarta:8.+")',
                "kotlin",
                "build.gradle.kts",
            ),
            init("sentry.dsn={DSN}", "properties", "application.properties"),
            trial(
                """
@GetMapping("/errtrack-test")
String errtrackTest() {
    throw new IllegalStateException("errtrack test");
}
""",
                "java",
            ),
        ),
    ),
    Platform(
        slug="android",
        name="Android",
        family="Java",
        steps=(
            install(
                'implementation("io.sentry:sentry-android:8.+")',
                "kotlin",
                "app/build.gradle.kts",
            ),
            init(
                """
<application>
  <meta-data android:name="io.sentry.dsn" android:value="{DSN}" />
</application>
""",
                "xml",
                "AndroidManifest.xml",
            ),
            trial('throw RuntimeException("errtrack test")', "kotlin"),
        ),
    ),
)

DOTNET = (
    Platform(
        slug="dotnet",
        name=".NET",
        family=".NET",
        steps=(
            install("dotnet add package Sentry"),
            init(
                """
SentrySdk.Init(options =>
{
    options.Dsn = "{DSN}";
});
""",
                "csharp",
                "Program.cs",
            ),
            trial(
                """
SentrySdk.CaptureException(new InvalidOperationException("errtrack test"));
""",
                "csharp",
            ),
        ),
    ),
    Platform(
        slug="aspnetcore",
        name="ASP.NET Core",
        family=".NET",
        steps=(
            install("dotnet add package Sentry.AspNetCore"),
            init(
                """
var builder = WebApplication.CreateBuilder(args);

builder.WebHost.UseSentry(options =>
{
    options.Dsn = "{DSN}";
});
""",
                "csharp",
                "Program.cs",
            ),
            trial(
                """
app.MapGet("/errtrack-test", string () =>
    throw new InvalidOperationException("errtrack test"));
""",
                "csharp",
                "Program.cs",
            ),
        ),
    ),
)

RUST = Platform(
    slug="rust",
    name="Rust",
    family="Rust",
    steps=(
        install("cargo add sentry"),
        init(
            """
fn main() {
    let _guard = sentry::init((
        "{DSN}",
        sentry::ClientOptions {
            release: sentry::release_name!(),
            ..Default::default()
        },
    ));
}
""",
            "rust",
            "src/main.rs",
        ),
        trial('panic!("errtrack test");', "rust", "src/main.rs"),
    ),
)

APPLE = Platform(
    slug="apple",
    name="Apple",
    family="Apple",
    steps=(
        Step(
            title=_("Add the package in Xcode"),
            code="https://github.com/getsentry/sentry-cocoa.git",
            language="text",
        ),
        init(
            """
import Sentry

SentrySDK.start { options in
    options.dsn = "{DSN}"
}
""",
            "swift",
        ),
        trial('SentrySDK.capture(message: "errtrack test")', "swift"),
    ),
)

FLUTTER = Platform(
    slug="flutter",
    name="Flutter",
    family="Flutter",
    steps=(
        install("flutter pub add sentry_flutter"),
        init(
            """
import 'package:flutter/widgets.dart';
import 'package:sentry_flutter/sentry_flutter.dart';

Future<void> main() async {
  await SentryFlutter.init(
    (options) => options.dsn = '{DSN}',
    appRunner: () => runApp(const MyApp()),
  );
}
""",
            "dart",
            "lib/main.dart",
        ),
        trial("throw StateError('errtrack test');", "dart"),
    ),
)
