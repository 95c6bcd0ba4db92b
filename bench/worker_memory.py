"""What one web worker holds in memory after it has answered, against Flask with nothing in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench.measure import Arms, Comparison, megabytes, resident

# The demo's database is made by the same program, so the worker answers from real tables.
WORKER = """
import os, tempfile
folder = tempfile.mkdtemp()
os.environ.update(MFG_HOME=folder, MFG_SECRET_KEY="for this measurement only", MFG_INSECURE_COOKIE="yes")
from mfg.cli import main
assert main(["init"]) == 0
from mfg.app import create_app
client = create_app().test_client()
for path in ("/", "/api/v1/openapi.json", "/"):
    assert client.get(path).status_code < 500, path
import shutil; shutil.rmtree(folder)
"""
BARE = """
from flask import Flask
app = Flask("bare")
app.test_client().get("/")
"""


@contextmanager
def arms() -> Iterator[Arms]:
    yield Arms(resident(WORKER), resident(BARE))


COMPARISONS = (
    Comparison("web worker after answering", "Flask alone", arms, megabytes,
               promise="under 150 MB", kept=lambda _ratio, size: size < 150, rounds=5),
)
