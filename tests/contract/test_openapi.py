"""Every endpoint held to its own description, with generated requests of people who may and who may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mfg import identity
from tests.conftest import Demonstration
from tests.contract.served import Served, serve, signature
from tests.office import CHEAP

pytestmark = pytest.mark.slow
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 8


@pytest.fixture(scope="module")
def served(demonstration: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    before, nobody = dict(identity.ARGON2), identity._NOBODY
    identity.ARGON2.update(CHEAP)
    identity._NOBODY = identity.hash_password("nobody has this password")
    made = serve(demonstration, tmp_path_factory.mktemp("contract"))
    yield made
    made.app.extensions["mfg_engine"].dispose()
    identity.ARGON2.update(before)
    identity._NOBODY = nobody


@pytest.fixture(scope="module")
def description(served: Served) -> Any:
    app: Flask = served.app
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)


schema = schemathesis.pytest.from_fixture("description")


def roles_of(case: Any) -> list[str]:
    """Who may, from the description itself, and one who may not."""
    told = case.operation.definition.raw.get("description", "")
    may = told.removeprefix("Roles: ").rstrip(".").split(", ") if told.startswith("Roles: ") else ["qa"]
    return [*may, "inspector"]


def real_codes(case: Any, served: Served, choice: int) -> None:
    """Most of the time codes that are there, so that the request gets past the door."""
    if choice % 4 == 0:
        return
    for name in case.path_parameters or {}:
        known = served.codes(name)
        if known:
            case.path_parameters[name] = known[choice // 4 % len(known)]


@schema.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
          suppress_health_check=list(HealthCheck))
def test_every_endpoint_answers_as_it_describes(case: Any, served: Served) -> None:
    choice = crc32(repr((case.path_parameters, case.body)).encode("utf-8", "surrogatepass"))
    roles = roles_of(case)
    role = roles[choice % len(roles)]
    real_codes(case, served, choice)
    if isinstance(case.body, dict) and "signature" in case.body and choice % 3:
        case.body = case.body | {"signature": signature(role)}
    case.call_and_validate(headers=served.bearer(role), checks=CHECKS)
