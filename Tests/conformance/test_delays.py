"""Lagging copies and indexes, and injected latency, on servers started for these cases.

How often and how long is up to the options, so nothing here is asked of another endpoint.
"""
import pathlib
import time

import pytest

from conftest import connect, index, make_table, serving

SCENARIO = """
version: 1
name: slow
tables:
  - name: orders
    partition-key: id S
    billing-mode: PAY_PER_REQUEST
    item-count: 1
    item-size: 1KB
traffic:
  - {name: shop, rate: 1/s, operations: [{put: orders}]}
run: {duration: 1m}
model:
  latency:
    write: {median: 300ms, p99: 300ms}
    network: {median: 100ms, p99: 100ms}
"""


@pytest.fixture(autouse=True)
def own_server(request):
    if request.config.getoption("--url"):
        pytest.skip("needs servers with options of their own")


def test_eventual_reads_may_miss_a_write_and_strong_ones_do_not():
    with serving("--read-lag", "30s") as url:
        client = connect(url)
        table = make_table(client)
        client.put_item(TableName=table, Item={"pk": {"S": "a"}})
        key = {"TableName": table, "Key": {"pk": {"S": "a"}}}
        # One copy of three lacks the item; 60 lucky reads happen once in 4e10 runs.
        assert {"Item" in client.get_item(**key) for _ in range(60)} == {True, False}
        assert all("Item" in client.get_item(**key, ConsistentRead=True) for _ in range(20))


def test_an_index_follows_its_table():
    with serving("--index-lag", "1s") as url:
        client = connect(url)
        table = make_table(
            client, types={"g": "S"}, GlobalSecondaryIndexes=[index("byG", "g")])
        start = time.monotonic()
        client.put_item(TableName=table, Item={"pk": {"S": "a"}, "g": {"S": "x"}})
        first = client.scan(TableName=table, IndexName="byG")["Count"]
        if time.monotonic() - start < 1:
            assert first == 0
        assert client.scan(TableName=table)["Count"] == 1
        time.sleep(1.1)
        assert client.scan(TableName=table, IndexName="byG")["Count"] == 1


def test_answers_take_the_time_of_the_scenario(tmp_path):
    scenario = pathlib.Path(tmp_path, "slow.yaml")
    scenario.write_text(SCENARIO)
    with serving("--latency", str(scenario)) as url:
        client = connect(url)
        table = make_table(client)
        start = time.monotonic()
        client.put_item(TableName=table, Item={"pk": {"S": "a"}})
        assert time.monotonic() - start >= 0.4
