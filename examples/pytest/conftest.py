"""The broker that `odradek run --control` has put beside us, as a fixture: as new before each test."""

import json
import os
import urllib.error
import urllib.request

import pytest


class Broker:
    """The control server: /openapi.json says all that it can be asked."""

    def __init__(self):
        self.bootstrap_servers = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
        self.url = os.environ["ODRADEK_CONTROL_URL"]

    def get(self, path):
        return self._ask("GET", path)

    def post(self, path, **body):
        return self._ask("POST", path, body)

    def delete(self, path):
        return self._ask("DELETE", path)

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                text = response.read().decode()
        except urllib.error.HTTPError as error:
            pytest.fail(f"{method} {path}: {error.read().decode()}")
        is_json = response.headers.get("content-type", "").startswith("application/json")
        return json.loads(text) if is_json else text


@pytest.fixture
def broker():
    if "ODRADEK_CONTROL_URL" not in os.environ:
        pytest.fail("run it beside a broker: npx odradek run --control -- pytest")
    broker = Broker()
    broker.post("/reset", topics={"orders": {}, "orders.dead": {}, "bills": {}})
    return broker


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A test that failed shows the last requests."""
    report = yield
    broker = item.funcargs.get("broker")
    if report.when == "call" and report.failed and broker is not None:
        report.sections.append(("requests", broker.get("/requests/trace?last=20")))
    return report
