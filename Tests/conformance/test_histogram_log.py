"""Histogram logs through the public hdrhistogram package, in both directions."""
import json
import os
import subprocess

import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader, HistogramLogWriter

HOUR = 3_600_000_000_000


def hlog(*arguments):
    done = subprocess.run(
        [*os.environ["PLIMSOLL"].split(), "hlog", *map(str, arguments)],
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def histogram(values, digits=3, lowest=1):
    made = HdrHistogram(lowest, HOUR, digits)
    for value in values:
        made.record_value(value)
    return made


def write(path, histograms):
    with open(path, "w", encoding="utf-8") as file:
        writer = HistogramLogWriter(file)
        writer.output_log_format_version()
        writer.output_base_time(0)
        writer.output_legend()
        for second, one in enumerate(histograms, 1):
            writer.output_interval_histogram(one, second, second + 1)


def read(path):
    reader = HistogramLogReader(path, HdrHistogram(1, HOUR, 3))
    while (one := reader.get_next_interval_histogram()) is not None:
        yield one


@pytest.mark.parametrize("values", [
    [1], [0, 1, 2_047, 2_048, 4_097], [HOUR - 1], range(1, 2_000_000, 997),
    [7 ** power for power in range(14)], [5] * 100_000])
def test_intervals_survive_both_ways(tmp_path, values):
    theirs = [histogram(values), histogram([v // 3 for v in values]), histogram([])]
    write(tmp_path / "theirs.hlog", theirs)
    (tmp_path / "ours.hlog").write_text(hlog(tmp_path / "theirs.hlog", "--format", "hlog"))
    ours = list(read(tmp_path / "ours.hlog"))
    assert len(ours) == 3
    for mine, yours in zip(ours, theirs):
        assert mine.get_total_count() == yours.get_total_count()
        assert mine.encode() == yours.encode() or mine.equals(yours)


def test_percentiles_agree(tmp_path):
    made = histogram(range(1, 30_000_000, 997))
    write(tmp_path / "a.hlog", [made])
    lines = [line.split() for line in hlog(tmp_path / "a.hlog", "--unit", "ns").splitlines()]
    rows = [line for line in lines if len(line) >= 3 and line[0][0].isdigit()]
    assert len(rows) > 40
    for value, share, count, *_ in rows:
        assert made.get_value_at_percentile(100 * float(share)) <= float(value)
        assert made.get_count_at_value(int(float(value))) > 0
        assert int(count) / made.get_total_count() >= float(share) - 1e-9
    assert float(rows[-1][0]) == made.get_max_value()


def test_another_precision_is_read(tmp_path):
    made = histogram(range(10_000, 9_000_000, 9_973), digits=2, lowest=1_000)
    write(tmp_path / "coarse.hlog", [made])
    (tmp_path / "ours.hlog").write_text(hlog(tmp_path / "coarse.hlog", "--format", "hlog"))
    (ours,) = read(tmp_path / "ours.hlog")
    assert ours.get_total_count() == made.get_total_count()
    for percentile in (1, 50, 90, 99):
        assert ours.get_value_at_percentile(percentile) == pytest.approx(
            made.get_value_at_percentile(percentile), rel=0.01)


def test_faults_name_file_and_line(tmp_path):
    (tmp_path / "bad.hlog").write_text("#[comment]\n0.1,1.0,2.0,HISTFAAAAnonsense\n")
    done = subprocess.run(
        [*os.environ["PLIMSOLL"].split(), "hlog", tmp_path / "bad.hlog"],
        capture_output=True, text=True)
    assert done.returncode == 2
    assert "bad.hlog:2: " in done.stderr


def test_a_load_run_leaves_logs(url, tmp_path):
    scenario = tmp_path / "reads.yaml"
    scenario.write_text("""
version: 1
name: reads
tables:
  - name: logged
    partition-key: id S
    billing-mode: PAY_PER_REQUEST
    item-count: 50
    item-size: 1KB
traffic:
  - name: app
    arrivals: constant
    rate: 100/s
    operations: [{get: logged, name: read, weight: 3}, {put: logged, name: write}]
run: {duration: 3s}
""")
    program = os.environ["PLIMSOLL"].split()
    subprocess.run([*program, "fill", scenario, "--endpoint", url, "-q"], check=True)
    done = subprocess.run(
        [*program, "load", scenario, "--endpoint", url, "-q", "--plain", "-o", tmp_path / "out"],
        capture_output=True, text=True)
    assert done.returncode in (0, 4), done.stderr
    run = json.loads((tmp_path / "out/run.json").read_text())
    seconds = list(read(tmp_path / "out/latency.hlog"))
    assert len(seconds) >= 3
    assert sum(one.get_total_count() for one in seconds) == run["measurement"]["due"] == 300
    operations = list(read(tmp_path / "out/operations.hlog"))
    assert sum(one.get_total_count() for one in operations) == 300
    assert max(one.get_max_value() for one in operations) == pytest.approx(
        max(one.get_max_value() for one in seconds), rel=0.001)
    lines = (tmp_path / "out/intervals.ndjson").read_text().splitlines()
    decoded = [HdrHistogram.decode(json.loads(line)["histogram"]) for line in lines]
    assert sum(one.get_total_count() for one in decoded) == 300
