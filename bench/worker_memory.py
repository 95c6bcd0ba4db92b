"""What one web worker holds in memory after it has answered, against Flask with nothing in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from unittest.mock import patch

from bench.measure import Arms, Comparison, megabytes, resident

INSTALL = """
import sys
from mfg.cli import main
sys.exit(main(["init", "--user-id", "first", "--name", "First Administrator",
               "--second-user-id", "second", "--second-name", "Second Administrator"]))
"""
PASSWORD = "only for this measurement 7"
# Argon2 needs its memory at each sign-in, so the worker signs somebody in before it is weighed.
WORKER = f"""
import re
from mfg.app import create_app
client = create_app().test_client()
token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)[1]
entered = client.post("/login", data=dict(user_id="first", password="{PASSWORD}", csrf_token=token))
assert entered.status_code == 303, entered.text
for path in ("/", "/api/v1/openapi.json", "/"):
    assert client.get(path).status_code == 200, path
"""
BARE = """
from flask import Flask
app = Flask("bare")
app.test_client().get("/")
"""


@contextmanager
def installation() -> Iterator[None]:
    """The database is made by another process: a worker never migrates, and its memory should not show it."""
    with TemporaryDirectory() as folder, patch.dict(os.environ, MFG_HOME=folder, MFG_INSECURE_COOKIE="yes"):
        subprocess.run([sys.executable, "-c", INSTALL], check=True, text=True, stdout=subprocess.DEVNULL,
                       input=f"{PASSWORD}\n{PASSWORD}\n")
        yield


@contextmanager
def arms() -> Iterator[Arms]:
    with installation():
        yield Arms(resident(WORKER), resident(BARE))


COMPARISONS = (
    Comparison("web worker after answering", "Flask alone", arms, megabytes,
               promise="under 150 MB", kept=lambda _ratio, size: size < 150, rounds=5),
)
