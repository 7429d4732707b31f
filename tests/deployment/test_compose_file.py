"""docker-compose.yml says what the code needs: nothing is missing, nothing is unknown."""

import re
import sys
from urllib.parse import urlsplit

import pytest
import yaml

from kundentakt.cli.openapi import application
from kundentakt.reference.settings import settings_class, variables
from kundentakt.servers.embedded import ADMIN_VARIABLE, DATABASE_VARIABLES, SERVICES
from kundentakt.supervisor.environment import PREFERRED_PORTS
from kundentakt.supervisor.installation import checkout
from kundentakt.supervisor.processes import api_command, worker_command
from tests.deployment.compose import Container, containers, named_volumes, wanted_variables

GIVEN = {name: f"value-of-{name.lower()}" for name in wanted_variables()}
FILE = containers(GIVEN)
PROGRAMS = [
    (service, FILE[name]) for service in SERVICES for name in (service, f"{service}-worker")
]
IDS = [container.name for _, container in PROGRAMS]


def of_an_image(command: list[str]) -> list[str]:
    """A command line of this machine as a container has it."""
    return ["python" if part == sys.executable else part for part in command]


def test_the_file_has_every_part_of_the_product_and_no_other() -> None:
    programs = {name for service in SERVICES for name in (service, f"{service}-worker")}
    assert set(FILE) == {"postgres", "redis", "migrate"} | programs


@pytest.mark.parametrize("service", SERVICES)
def test_services_and_workers_are_started_as_everywhere_else(service: str) -> None:
    command = of_an_image(api_command(service, PREFERRED_PORTS[service]))
    command[command.index("127.0.0.1")] = "0.0.0.0"
    assert FILE[service].command == command
    assert FILE[f"{service}-worker"].command == of_an_image(worker_command(service))


@pytest.mark.parametrize(("service", "container"), PROGRAMS, ids=IDS)
def test_every_variable_is_one_that_the_service_reads(service: str, container: Container) -> None:
    known = {variable.name for variable in variables(settings_class(service))}
    assert set(container.environment) <= known


@pytest.mark.parametrize(("service", "container"), PROGRAMS, ids=IDS)
def test_nothing_is_left_to_a_default_that_means_this_machine(
    service: str, container: Container
) -> None:
    needed = {
        variable.name
        for variable in variables(settings_class(service))
        if variable.default is None
        or any(local in variable.default for local in ("127.0.0.1", "localhost", "var/"))
    }
    assert needed <= set(container.environment)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_and_its_worker_have_the_same_environment(service: str) -> None:
    assert FILE[service].environment == FILE[f"{service}-worker"].environment


def test_the_migration_is_given_every_database_and_who_may_make_them() -> None:
    assert set(FILE["migrate"].environment) == {*DATABASE_VARIABLES, ADMIN_VARIABLE}
    for service in SERVICES:
        for name in (f"{service.upper()}_DATABASE_URL", f"{service.upper()}_SWEEP_DATABASE_URL"):
            assert FILE[service].environment[name] == FILE["migrate"].environment[name]


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_those_of_the_service_and_open_to_this_machine_alone(service: str) -> None:
    port = PREFERRED_PORTS[service]
    assert FILE[service].ports == [f"127.0.0.1:{port}:{port}"]
    for container in FILE.values():
        assert container.environment.get(f"{service.upper()}_URL") in (
            None, f"http://{service}:{port}",
        )  # fmt: skip


def test_nothing_but_the_services_can_be_reached_from_outside() -> None:
    assert {name for name, container in FILE.items() if container.ports} == set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_health_is_asked_at_a_path_that_the_service_answers(service: str) -> None:
    *program, url = FILE[service].health
    assert program == ["CMD", "python", "-m", "kundentakt.health"]
    assert urlsplit(url).netloc == f"127.0.0.1:{PREFERRED_PORTS[service]}"
    assert urlsplit(url).path in application(service).openapi()["paths"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_workers_health_is_that_of_its_own_queue(service: str) -> None:
    health = FILE[f"{service}-worker"].health
    assert health == ["CMD", "python", "-m", "kundentakt.health", "worker", service]


def test_programs_start_after_the_migration_and_come_again_when_they_die() -> None:
    for _, container in PROGRAMS:
        assert container.depends_on["migrate"] == "service_completed_successfully"
        assert container.depends_on["redis"] == "service_healthy"
        assert container.restart == "unless-stopped"
    assert FILE["migrate"].depends_on == {"postgres": "service_healthy"}
    assert FILE["postgres"].restart == FILE["redis"].restart == "unless-stopped"


def test_only_print_runs_and_the_servers_own_data_are_written() -> None:
    writable = {
        volume.split(":")[0]
        for container in FILE.values()
        for volume in container.volumes
        if not volume.endswith(":ro")
    }
    assert writable == named_volumes() == {"postgres", "redis", "print"}
    assert all(container.read_only for _, container in PROGRAMS)
    assert FILE["postgres"].volumes == ["postgres:/var/lib/postgresql"]
    assert FILE["redis"].volumes == ["redis:/data"]


@pytest.mark.parametrize(("service", "container"), PROGRAMS, ids=IDS)
def test_every_folder_a_program_is_told_of_is_there(service: str, container: Container) -> None:
    told = {value for name, value in container.environment.items() if name.endswith("_DIRECTORY")}
    assert told == {volume.split(":")[1] for volume in container.volumes}


def test_redis_keeps_what_it_was_told() -> None:
    assert "--appendonly yes" in FILE["redis"].command[-1]


def test_every_secret_must_be_given() -> None:
    optional = {name for name, required in wanted_variables().items() if not required}
    assert optional == {"KUNDENTAKT_VERSION", "DKIM_DIRECTORY"}
    secret = re.compile("PASSWORD|SECRET|TOKEN|DATABASE_URL|SMTP_URL|REDIS")
    for container in FILE.values():
        for name, value in container.environment.items():
            assert not secret.search(name) or "value-of-" in value, name


def test_all_programs_share_one_image() -> None:
    images = {container.image for _, container in PROGRAMS} | {FILE["migrate"].image}
    assert len(images) == 1


def test_no_container_keeps_every_line_that_it_ever_logged() -> None:
    services = yaml.safe_load((checkout() / "docker-compose.yml").read_text())["services"]
    bounded = {name: each.get("logging", {}).get("options", {}) for name, each in services.items()}
    assert {name for name, options in bounded.items() if "max-size" not in options} == set()
