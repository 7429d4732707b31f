"""The README's way to connect a broker system, pasted line by line against a running system."""

import base64
import json
import os
import re
import shlex
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from kundentakt.cli.keys import SigningKey
from kundentakt.supervisor.environment import PREFERRED_PORTS
from kundentakt.supervisor.installation import Installation, write_private
from kundentakt.supervisor.system import System
from shared.clients.webhooks import verify
from tests.documents import ROOT, block, block_names, run_shell
from tests.fixtures.waiting import wait_until


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """All services, with the signing key that the commands of the README use."""
    with Installation.temporary() as installation:
        SigningKey.of(Installation.of_checkout())
        key = "signing-key.json"
        write_private(
            installation.secrets / key, (Installation.of_checkout().secrets / key).read_text()
        )
        given = {"PATH": os.environ["PATH"]}
        with System(
            installation=installation, durable=False, preferred_ports=False, given=given
        ) as running:
            yield running


GUIDE = "docs/integrator.md"


@dataclass(slots=True)
class Terminal:
    """Somebody who pastes blocks of a document, in their order, into one shell."""

    system: System
    without_curl: bool
    variables: dict[str, str]

    def paste(self, name: str, document: str = GUIDE) -> str:
        """Run a block; what it sets stays set, as in a shell."""
        script = self._here(block(document, name))
        keep = 'printf "\\n--variables--\\n"; for each in TOKEN API SECRET; do printf "%s=%s\\n" '
        said = run_shell(
            f'{script}\n{keep}"$each" "${{!each:-}}"; done',
            environment=self.variables,
            without_curl=self.without_curl,
        )
        printed, _, variables = said.partition("\n--variables--\n")
        self.variables.update(re.findall(r"^(\w+)=(.+)$", variables, re.M))
        return printed

    def answer(self, name: str, document: str = GUIDE) -> Any:
        """What a block printed, as JSON; a problem is a failure."""
        answer = json.loads(self.paste(name, document))
        assert "/problems/" not in str(answer.get("type")), answer
        return answer

    def _here(self, script: str) -> str:
        for service, port in PREFERRED_PORTS.items():
            script = script.replace(f"http://127.0.0.1:{port}", self.system.url(service))
        return script


@pytest.fixture(params=["curl", "stand-in"])
def terminal(system: System, request: pytest.FixtureRequest) -> Terminal:
    without_curl = request.param == "stand-in" or shutil.which("curl") is None
    return Terminal(system, without_curl, {})


def test_the_readmes_five_lines_give_a_class(terminal: Terminal) -> None:
    for name in ("token", "customer"):
        terminal.paste(name, "README.md")
    wait_until(lambda: terminal.answer("class", "README.md").get("segment") is not None)


def test_a_broker_system_connects_as_the_guide_shows(terminal: Terminal) -> None:
    terminal.paste("token")
    assert terminal.answer("customer")["last_name"] == "Bergmann"
    assert terminal.answer("contract")["status"] == "active"
    wait_until(lambda: terminal.answer("class").get("segment") == "A")
    assert_shows(terminal.answer("class"), json.loads(block(GUIDE, "answer")))

    terminal.paste("secret")
    assert terminal.answer("webhook")["duplicate"] is False
    wait_until(lambda: terminal.answer("class").get("segment") == "O")

    changes = terminal.answer("feed")["items"]
    segments = [change["payload"].get("segment") for change in changes]
    assert [segment for segment in segments if segment][-2:] == ["A", "O"]


def test_the_integrators_calls_go_on_from_there(terminal: Terminal) -> None:
    for name in ("token", "customer", "contract"):
        terminal.paste(name)
    items = terminal.answer("batch")["items"]
    assert items[0]["state"] in ("created", "unchanged")
    assert items[1]["problem"]["type"].endswith("/customer-not-found")

    job = terminal.answer("import")
    again = terminal.answer("import")
    assert (again["import_id"], again["duplicate"]) == (job["import_id"], True)
    mapped = terminal.answer("import-words")["items"]
    assert {each["value"] for each in mapped} == {"household", "active", "renewal", "6"}


def test_the_feed_is_followed_to_its_head_and_no_change_is_seen_twice(terminal: Terminal) -> None:
    for name in ("token", "customer"):
        terminal.paste(name)
    told: dict[str, Any] = {}
    exec(block("docs/integrator.md", "follow"), told)
    api = f"{terminal.system.url('classifier')}/v1"
    seen: list[int] = []
    follow = partial(told["follow"], api, terminal.variables["TOKEN"])
    cursor = follow(
        {"revision": 0, "change_id": None}, lambda change: seen.append(change["revision"])
    )
    again = follow(cursor, lambda change: seen.append(change["revision"]))
    assert seen == list(range(1, again["revision"] + 1))


def test_a_contact_is_pinned_to_its_best_day_as_the_guide_shows(terminal: Terminal) -> None:
    for name in ("token", "customer", "contract"):
        terminal.paste(name)
    told: dict[str, Any] = {}
    exec(block(GUIDE, "move"), told)
    api = f"{terminal.system.url('scheduler')}/v1"
    token = terminal.system.token(agency="testbetrieb", scopes=["plan:read", "plan:write"])
    call = partial(told["call"], api, token)
    call("PUT", "/staff/S-1", {"role": "owner", "name": "Jana Vogt"})
    found: list[Any] = []

    def planned() -> bool:
        listed = call("GET", "/touchpoints?state=planned&service=yearly_review")["items"]
        found[:] = [each for each in listed if each["day"] is not None]
        return bool(found)

    wait_until(planned)
    best, pinned = told["move"](api, token, found[0]["touchpoint_id"], "S-1", "Sommerurlaub")
    assert (pinned["day"], pinned["staff_id"]) == (best["day"], best["staff_id"])
    assert pinned["pin"]["reason"] == "Sommerurlaub"
    assert call("GET", "/staff/S-1/fill?minutes=30")["left_out"] is not None


SIGNERS = ["sign-python", *(["sign-shell"] if shutil.which("openssl") else [])]


@pytest.mark.parametrize("name", SIGNERS)
def test_the_guides_signatures_are_those_that_are_verified(name: str) -> None:
    secret, body = "whsec_" + base64.b64encode(b"a secret of 24 bytes ...").decode(), '{"ä": 1}'
    timestamp = int(time.time())
    if name == "sign-python":
        told: dict[str, Any] = {}
        exec(block("docs/integrator.md", name), told)
        signature = told["signature"](secret, "msg-1", timestamp, body.encode())
    else:
        call = f"signature {shlex.join([secret, 'msg-1', str(timestamp), body])}"
        signature = run_shell(f"{block('docs/integrator.md', name)}\n{call}").strip()
    headers = {
        "webhook-id": "msg-1",
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }
    verify([secret], headers=headers, body=body.encode())


def assert_shows(answer: Any, excerpt: Any) -> None:
    """The excerpt stands in the answer; the answer may hold more."""
    if isinstance(excerpt, Mapping):
        for name, part in excerpt.items():
            assert_shows(answer[name], part)
    elif isinstance(excerpt, list):
        assert len(answer) == len(excerpt)
        for part, shown in zip(answer, excerpt, strict=True):
            assert_shows(part, shown)
    else:
        assert answer == excerpt


FIRST_CALLS = ["token", "customer", "contract", "class", "answer", "secret", "webhook", "feed"]


def test_every_block_of_the_integrators_guide_is_tried() -> None:
    tried = [*FIRST_CALLS, "batch", "sign-python", "sign-shell", "follow", "move"]
    tried += ["import", "import-words"]
    assert block_names(GUIDE) == tried
    section = (ROOT / GUIDE).read_text().split("## The first calls")[1].split("\n## ")[0]
    assert len(re.findall(r"^```\w", section, re.M)) == len(FIRST_CALLS)


def test_every_block_of_the_readme_is_pasted() -> None:
    assert block_names("README.md") == ["token", "customer", "class"]
