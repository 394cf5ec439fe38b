"""Lagging copies and indexes, and injected latency, on servers started for these cases.

How often and how long is up to the options, so nothing here is asked of another endpoint.
"""
import concurrent.futures
import pathlib
import time

import pytest

from conftest import connect, index, key_schema, make_table, serving

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

# The same, where one operation takes longer than others of its kind.
OWN_LAW = SCENARIO.replace("{put: orders}", "{put: orders, name: place}") + """
    operations:
      place: {median: 900ms, p99: 900ms}
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


def test_an_operation_takes_the_time_of_its_own_law(tmp_path):
    scenario = pathlib.Path(tmp_path, "own.yaml")
    scenario.write_text(OWN_LAW)
    with serving("--latency", str(scenario)) as url:
        client = connect(url)
        client.create_table(
            TableName="orders", KeySchema=key_schema("pk", None), BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
        taken = {}
        for name in ("orders", make_table(client)):
            start = time.monotonic()
            client.put_item(TableName=name, Item={"pk": {"S": "a"}})
            taken[name] = time.monotonic() - start
        own = taken.pop("orders")
        assert own >= 1.0
        assert 0.4 <= min(taken.values()) < 1.0


def test_what_overlaps_a_transaction_is_refused():
    with serving("--transaction-time", "400ms") as url, \
            concurrent.futures.ThreadPoolExecutor(8) as pool:
        client = connect(url)
        table = make_table(client)
        put = {"Put": {"TableName": table, "Item": {"pk": {"S": "a"}}}}

        def attempt(call, **arguments):
            try:
                call(**arguments)
                return "done"
            except client.exceptions.TransactionCanceledException as error:
                return error.response["CancellationReasons"][0]["Code"]
            except client.exceptions.TransactionConflictException as error:
                return error.response["Error"]["Message"]

        # Eight transactions on one item at once: the service's rule lets one through.
        start = time.monotonic()
        answers = list(pool.map(
            lambda _: attempt(client.transact_write_items, TransactItems=[put]), range(8)))
        if time.monotonic() - start < 1.2:
            assert sorted(answers) == ["TransactionConflict"] * 7 + ["done"]
        first = pool.submit(attempt, client.transact_write_items, TransactItems=[put])
        time.sleep(0.2)
        item = {"TableName": table, "Item": {"pk": {"S": "a"}}}
        second = attempt(client.put_item, **item)
        if not first.done():
            assert second == "Transaction is ongoing for the item"
        assert first.result() == "done"
        assert attempt(client.put_item, **item) == "done"


def test_a_full_item_collection_refuses_more():
    with serving("--collection-limit", "1") as url:
        client = connect(url)
        table = make_table(
            client, sort="sk", types={"sk": "S", "x": "S"},
            LocalSecondaryIndexes=[index("byX", "pk", "x")])
        item = {"pk": {"S": "a"}, "d": {"S": "z" * 390_000}}
        for number in range(2):
            answer = client.put_item(
                TableName=table, Item={**item, "sk": {"S": str(number)}},
                ReturnItemCollectionMetrics="SIZE")
            assert answer["ItemCollectionMetrics"]["SizeEstimateRangeGB"] == [0.0, 1.0]
        with pytest.raises(client.exceptions.ItemCollectionSizeLimitExceededException):
            client.put_item(TableName=table, Item={**item, "sk": {"S": "2"}})
        client.put_item(TableName=table, Item={**item, "pk": {"S": "b"}, "sk": {"S": "2"}})
        client.delete_item(TableName=table, Key={"pk": {"S": "a"}, "sk": {"S": "0"}})
        client.put_item(TableName=table, Item={**item, "sk": {"S": "2"}})
