"""`load` and `validate` as a user runs them: over HTTPS, and against a server that is not ours."""
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time

import pytest
from conftest import serving

SCENARIO = """
version: 1
name: mixed
tables:
  - name: things-{port}
    partition-key: id S
    billing-mode: PROVISIONED
    read-capacity: 5
    write-capacity: 5
    item-count: 60
    item-size: 1KB
traffic:
  - name: app
    arrivals: constant
    rate: 40/s
    operations:
      - {{get: things-{port}, name: read, weight: 3}}
      - {{put: things-{port}, name: write}}
    client: {{retries: none, timeout: 5s}}
run: {{duration: {duration}}}
"""


def program(*arguments, **environment):
    return subprocess.run(
        [*os.environ["PLIMSOLL"].split(), *map(str, arguments)], capture_output=True, text=True,
        env={**os.environ, **environment})


def written(folder, port, duration="4s"):
    path = folder / "mixed.yaml"
    path.write_text(SCENARIO.format(port=port, duration=duration))
    return path


def test_https_with_the_servers_own_certificate(tmp_path):
    with serving("--tls", "--enforce", "off") as url:
        port = int(url.rsplit(":", 1)[1])
        scenario = written(tmp_path, port)
        options = [scenario, "--endpoint", url, "-q"]
        refused = program("fill", *options)
        assert refused.returncode == 1
        assert "certificate" in refused.stderr, refused.stderr
        authority = tmp_path / "server.pem"
        authority.write_text(ssl.get_server_certificate(("127.0.0.1", port)))
        filled = program("fill", *options, "--verify", AWS_CA_BUNDLE=str(authority))
        assert filled.returncode == 0, filled.stderr
        assert "60 of 60 read back are right" in filled.stdout
        done = program(
            "load", *options, "--plain", "-o", tmp_path / "out", AWS_CA_BUNDLE=str(authority))
        assert done.returncode in (0, 4), done.stderr
        run = json.loads((tmp_path / "out/run.json").read_text())["measurement"]
        assert run["due"] == 160
        assert sum(one["mismatches"] for one in run["capacity"]) == 0
        assert sum(one["compared"] for one in run["capacity"]) == 160
        trusting = program("load", *options, "--plain", "--no-verify-ssl", "-o", tmp_path / "two")
        assert trusting.returncode in (0, 4), trusting.stderr


@pytest.fixture
def moto():
    """The address of moto's server, which enforces no capacity."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = os.path.join(os.path.dirname(sys.executable), "moto_server")
    server = subprocess.Popen(
        [command, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def test_validate_holds_motos_server_only_to_what_it_does(moto, tmp_path):
    # 30 reads and 10 writes per second on 5 + 5 units: the simulator predicts throttles once the
    # 1,500 saved units of each are gone, and moto refuses nothing.
    scenario = written(tmp_path, 0, "8s")
    scenario.write_text(scenario.read_text() + "model: {initial-burst: 0%}\n")
    done = program(
        "validate", scenario, "--endpoint", moto, "--calibration", "3", "-n", "1", "-q",
        "-o", tmp_path / "out")
    # 3: a latency lies outside; 4: this machine kept no schedule.
    assert done.returncode in (0, 3, 4), done.stderr
    report = (tmp_path / "out/report.md").read_text()
    counts = re.findall(r"\| `(?:read|write)` \| requests \| (\d+) \| (\d+) \|", report)
    assert sum(int(predicted) for predicted, _ in counts) == 320, report
    assert all(predicted == measured for predicted, measured in counts), report
    assert "refused nothing" in report or "reports none" in report, report
    assert "throttled requests" not in report
