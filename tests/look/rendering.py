"""Renders the example pages as the application would, and nothing else: same folder, same strictness, no database.

Run by hand it writes pages and pictures to look at:  python -m tests.look.rendering FOLDER [NAME ...]
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from flask import Flask, Response, render_template, send_from_directory
from jinja2 import StrictUndefined

from tests.look.examples import PAGES

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZES = {"tablet": (820, 1180), "desk": (1280, 800)}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)


@cache
def example_app() -> Flask:
    """An application whose every example page is at /NAME, under the real content security policy."""
    app = Flask(
        "look",
        root_path=str(ROOT),
        template_folder="templates",
        static_folder="mfg/static",
        static_url_path="/static",
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.get("/look/<name>")
    def show(name: str) -> tuple[str, int, dict[str, str]]:
        template, context = PAGES[name]
        return render_template(template, **context), 200, {"Content-Security-Policy": CSP}

    @app.get("/look/<name>.svg")
    def drawing(name: str) -> Response:
        return send_from_directory(Path(__file__).parent, f"{name}.svg")

    return app


def render(name: str) -> str:
    """The HTML of one example page."""
    return example_app().test_client().get(f"/look/{name}").get_data(as_text=True)


def pictures(folder: Path, names: list[str]) -> None:  # pragma: no cover - a help for eyes
    """Every example at both sizes, the first screen and the whole page, as PNG, and its HTML."""
    from playwright.sync_api import sync_playwright

    from tests.look.serving import serving

    folder.mkdir(parents=True, exist_ok=True)
    with serving(example_app()) as url, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for size, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.on("console", lambda message: print("console:", message.text))
            for name in names or list(PAGES):
                page.goto(f"{url}/look/{name}")
                page.screenshot(path=folder / f"{name}-{size}.png")
                tall = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": max(tall, height)})
                page.screenshot(path=folder / f"{name}-{size}-whole.png")
                page.set_viewport_size({"width": width, "height": height})
        browser.close()


if __name__ == "__main__":
    pictures(Path(sys.argv[1]), sys.argv[2:])
