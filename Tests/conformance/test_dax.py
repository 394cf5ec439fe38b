"""The unmodified public DAX client (amazon-dax-client) against `plimsoll dax`.

The cluster stands in front of the session's endpoint; what it caches shows in the capacity that
answers report, in its metrics, and in what stays visible after a write around it.
"""
import contextlib
import os
import re
import ssl
import subprocess
import time
import urllib.request

import boto3
import botocore.config
import botocore.exceptions
import pytest

from conftest import index, make_table, refusal, serving

amazondax = pytest.importorskip("amazondax")


class Cluster:
    """A running cluster: its nodes' addresses and its admin port."""

    def __init__(self, nodes, admin):
        self.nodes, self.admin = nodes, admin

    def metric(self, name, node=1):
        text = urllib.request.urlopen(self.admin + "/metrics").read().decode()
        found = re.search(rf'^aws_dax_{name}{{node="{node}"}} (\S+)$', text, re.M)
        return float(found.group(1)) if found else None

    def control(self, node, verb):
        urllib.request.urlopen(
            urllib.request.Request(f"{self.admin}/_plimsoll/dax/nodes/{node}/{verb}", data=b""))


@contextlib.contextmanager
def cluster(url, *options, environment=None):
    command = os.environ["PLIMSOLL"].split() + [
        "dax", "--endpoint", url, "--port", "0", "--admin-port", "0", *options]
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
    try:
        line = server.stdout.readline()
        admin = re.search(r"(http://\S+)/metrics", line)[1]
        yield Cluster(re.findall(r"daxs?://\S+:\d+", line), admin)
    finally:
        server.terminate()
        server.wait(timeout=20)


@contextlib.contextmanager
def dax_client(address, attempts=0, key="id", secret="secret", token=None):
    session = botocore.session.get_session()
    session.set_credentials(key, secret, token)
    client = amazondax.AmazonDaxClient(
        session, region_name="us-east-1", endpoint_url=address,
        config=botocore.config.Config(retries={"max_attempts": attempts}, connect_timeout=5))
    try:
        yield client
    finally:
        client.close()


@pytest.fixture(scope="module")
def one(url):
    with cluster(url) as started:
        yield started


@pytest.fixture(scope="module")
def dax(one):
    with dax_client(one.nodes[0]) as client:
        yield client


VALUES = {
    "text": {"S": "größe"}, "empty": {"S": ""}, "number": {"N": "-12.75"}, "big": {"N": "9" * 38},
    "tiny": {"N": "1E-130"}, "bytes": {"B": b"\x00\xff"}, "yes": {"BOOL": True},
    "nothing": {"NULL": True}, "texts": {"SS": ["a", "b"]}, "numbers": {"NS": ["1", "2.5"]},
    "blobs": {"BS": [b"x", b"y"]}, "list": {"L": [{"N": "1"}, {"L": [{"S": "x"}]}]},
    "map": {"M": {"in": {"M": {"deep": {"N": "7"}}}, "other": {"S": "o"}}}}


def same(item):
    """An item with its sets sorted and numbers as numbers."""
    def value(av):
        (kind, content), = av.items()
        if kind == "N":
            return kind, float(content)
        if kind == "NS":
            return kind, sorted(float(number) for number in content)
        if kind in ("SS", "BS"):
            return kind, sorted(content)
        if kind == "L":
            return kind, [value(element) for element in content]
        if kind == "M":
            return kind, {name: value(element) for name, element in content.items()}
        return kind, content
    return {name: value(av) for name, av in item.items()}


def test_every_type_comes_back(dax, client, plain):
    item = {"pk": {"S": "types"}, **VALUES}
    dax.put_item(TableName=plain, Item=item)
    key = {"pk": {"S": "types"}}
    assert same(dax.get_item(TableName=plain, Key=key)["Item"]) == same(item)
    assert same(client.get_item(TableName=plain, Key=key)["Item"]) == same(item)


@pytest.mark.parametrize(
    "kind, value", [("S", "ä b"), ("N", "-1.5"), ("N", "1" + "0" * 30), ("B", b"\x00\x01")])
def test_partition_keys_of_every_type(dax, client, kind, value):
    table = make_table(client, types={"pk": kind})
    dax.put_item(TableName=table, Item={"pk": {kind: value}, "x": {"N": "1"}})
    assert dax.get_item(TableName=table, Key={"pk": {kind: value}})["Item"]["x"] == {"N": "1"}
    found = dax.scan(TableName=table)["Items"]
    assert same(found[0]) == same({"pk": {kind: value}, "x": {"N": "1"}})


@pytest.mark.parametrize("hash_kind, hash_value", [("S", "p"), ("N", "12.5"), ("B", b"\x01")])
@pytest.mark.parametrize("kind, values", [
    ("S", ["a", "b", "c"]), ("B", [b"\x00", b"\x01", b"\xff"]),
    ("N", ["-1000", "-1.5", "0", "1e-9", "10", "123456789012345678901234567890"])])
def test_sort_keys_of_every_type(dax, client, hash_kind, hash_value, kind, values):
    table = make_table(client, sort="sk", types={"pk": hash_kind, "sk": kind})
    for number, value in enumerate(values):
        dax.put_item(TableName=table, Item={
            "pk": {hash_kind: hash_value}, "sk": {kind: value}, "n": {"N": str(number)}})
    answer = dax.query(
        TableName=table, KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {hash_kind: hash_value}})
    assert [item["n"]["N"] for item in answer["Items"]] == [str(n) for n in range(len(values))]
    for number, value in enumerate(values):
        key = {"pk": {hash_kind: hash_value}, "sk": {kind: value}}
        assert dax.get_item(TableName=table, Key=key)["Item"]["n"] == {"N": str(number)}


def test_hits_cost_nothing_and_misses_are_charged(dax, client, plain):
    key = {"pk": {"S": "charged"}}
    client.put_item(TableName=plain, Item={**key, "x": {"S": "y" * 5000}})
    miss = dax.get_item(TableName=plain, Key=key, ReturnConsumedCapacity="TOTAL")
    assert miss["ConsumedCapacity"]["CapacityUnits"] == 1.0
    hit = dax.get_item(TableName=plain, Key=key, ReturnConsumedCapacity="TOTAL")
    assert "ConsumedCapacity" not in hit and hit["Item"]["x"]["S"] == "y" * 5000


def test_writes_around_stay_unseen_and_consistent_reads_pass_by(dax, client, plain):
    key = {"pk": {"S": "around"}}
    dax.put_item(TableName=plain, Item={**key, "v": {"N": "1"}})
    client.put_item(TableName=plain, Item={**key, "v": {"N": "2"}})
    def read(**more):
        return dax.get_item(TableName=plain, Key=key, **more)["Item"]["v"]["N"]
    assert read() == "1"
    assert read(ConsistentRead=True) == "2"
    assert read() == "1", "a consistent read is not cached"


def test_absence_is_cached_until_a_write(dax, client, plain):
    key = {"pk": {"S": "absent"}}
    assert "Item" not in dax.get_item(TableName=plain, Key=key)
    client.put_item(TableName=plain, Item={**key, "v": {"N": "1"}})
    assert "Item" not in dax.get_item(TableName=plain, Key=key)
    dax.put_item(TableName=plain, Item={**key, "v": {"N": "2"}})
    assert dax.get_item(TableName=plain, Key=key)["Item"]["v"]["N"] == "2"


def test_projections(dax, client, plain):
    key = {"pk": {"S": "projected"}}
    dax.put_item(TableName=plain, Item={**key, **VALUES})
    for more in ({}, {"ConsistentRead": True}):
        item = dax.get_item(
            TableName=plain, Key=key, ProjectionExpression="#m.#i.deep, #l[1][0], number2, #n",
            ExpressionAttributeNames={"#m": "map", "#i": "in", "#l": "list", "#n": "number"},
            **more)["Item"]
        assert same(item) == same({
            "map": {"M": {"in": {"M": {"deep": {"N": "7"}}}}}, "number": {"N": "-12.75"},
            "list": {"L": [{"L": [{"S": "x"}]}]}})


def test_update_answers_and_write_through(dax, client, plain):
    key = {"pk": {"S": "updated"}}
    def update(expression, values, wanted, **more):
        return dax.update_item(
            TableName=plain, Key=key, UpdateExpression=expression,
            ExpressionAttributeValues=values, ReturnValues=wanted, **more)
    assert "Attributes" not in update("SET a = :a", {":a": {"N": "1"}}, "NONE")
    assert dax.get_item(TableName=plain, Key=key)["Item"] == {**key, "a": {"N": "1"}}
    update("SET c = :m", {":m": {"M": {}}}, "NONE")
    new = update(
        "SET a = a + :d, b = list_append(if_not_exists(b, :e), :l), #c.x = :d REMOVE z ADD n :d",
        {":d": {"N": "2"}, ":e": {"L": []}, ":l": {"L": [{"S": "q"}]}}, "ALL_NEW",
        ExpressionAttributeNames={"#c": "c"})
    assert same(new["Attributes"]) == same({
        **key, "a": {"N": "3"}, "b": {"L": [{"S": "q"}]}, "c": {"M": {"x": {"N": "2"}}},
        "n": {"N": "2"}})
    for value, wanted, seen in (("9", "UPDATED_OLD", "3"), ("8", "UPDATED_NEW", "8")):
        part = update("SET a = :a", {":a": {"N": value}}, wanted)["Attributes"]
        assert part == {"a": {"N": seen}}
    assert update("SET a = :a", {":a": {"N": "7"}}, "ALL_OLD")["Attributes"]["a"] == {"N": "8"}
    assert dax.get_item(TableName=plain, Key=key)["Item"]["a"] == {"N": "7"}
    old = dax.delete_item(TableName=plain, Key=key, ReturnValues="ALL_OLD")
    assert old["Attributes"]["a"] == {"N": "7"} and old["Attributes"]["pk"] == key["pk"]
    assert "Item" not in dax.get_item(TableName=plain, Key=key)


@pytest.mark.parametrize("condition, holds", [
    ("attribute_exists(v)", True), ("attribute_not_exists(v)", False),
    ("attribute_type(v, :n)", True), ("v = :five", True), ("v <> :five", False),
    ("v < :six AND v >= :five", True), ("v > :five OR v <= :five", True),
    ("NOT v = :five", False), ("NOT (v = :six AND v = :six) OR v = :six", True),
    ("(v = :six OR v = :five) AND NOT v = :six", True),
    ("v BETWEEN :five AND :six", True), ("v IN (:six, :five)", True),
    ("begins_with(t, :t)", True), ("contains(t, :t)", True), ("size(t) = :five", True),
    ("#r.#r[0] = :five", True)])
def test_conditions(dax, client, plain, condition, holds):
    key = {"pk": {"S": "conditions"}}
    client.put_item(TableName=plain, Item={
        **key, "v": {"N": "5"}, "t": {"S": "table"},
        "name": {"M": {"name": {"L": [{"N": "5"}]}}}})
    values = {":five": {"N": "5"}, ":six": {"N": "6"}, ":n": {"S": "N"}, ":t": {"S": "tab"}}
    used = {name: value for name, value in values.items() if re.search(name + r"\b", condition)}
    more = {"ExpressionAttributeValues": used} if used else {}
    if "#r" in condition:
        more["ExpressionAttributeNames"] = {"#r": "name"}
    write = dict(
        TableName=plain, Key=key, UpdateExpression="SET seen = if_not_exists(seen, v)",
        ConditionExpression=condition, **more)
    if holds:
        dax.update_item(**write)
    else:
        assert refusal(dax.update_item, **write)[0] == "ConditionalCheckFailedException"


def test_queries(dax, wide):
    def query(**more):
        return dax.query(TableName=wide, **more)
    answer = query(
        KeyConditionExpression="pk = :p AND sk BETWEEN :a AND :b",
        FilterExpression="g = :g AND begins_with(x, :y)",
        ExpressionAttributeValues={
            ":p": {"S": "p0"}, ":a": {"N": "-15"}, ":b": {"N": "0"}, ":g": {"S": "g0"},
            ":y": {"S": "yy"}})
    assert [int(item["sk"]["N"]) for item in answer["Items"]] == [-15, -9, -3]
    assert (answer["Count"], answer["ScannedCount"]) == (3, 6)
    counted = query(
        KeyConditionExpression="pk = :p", Select="COUNT", ScanIndexForward=False,
        ExpressionAttributeValues={":p": {"S": "p1"}})
    assert counted["Count"] == 10 and "Items" not in counted
    projected = query(
        KeyConditionExpression="pk = :p", ProjectionExpression="l, sk", Limit=2,
        ExpressionAttributeValues={":p": {"S": "p0"}})
    assert projected["Items"] == [
        {"l": {"N": "100"}, "sk": {"N": "-15"}}, {"l": {"N": "97"}, "sk": {"N": "-12"}}]


@pytest.mark.parametrize("table_index", [None, "byG", "byL"])
def test_pages(dax, wide, table_index):
    partition, value = ("g", "g0") if table_index == "byG" else ("pk", "p0")
    more = {"IndexName": table_index} if table_index else {}
    found, start = [], {}
    for _ in range(20):
        answer = dax.query(
            TableName=wide, KeyConditionExpression="#p = :v", Limit=4,
            ExpressionAttributeNames={"#p": partition},
            ExpressionAttributeValues={":v": {"S": value}}, **more, **start)
        found += [item["sk"]["N"] for item in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            break
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    assert len(found) == len(set(found)) == (15 if table_index == "byG" else 10)


def test_scans(dax, wide):
    answer = dax.scan(TableName=wide, FilterExpression="sk > :z",
                      ExpressionAttributeValues={":z": {"N": "0"}})
    assert (answer["Count"], answer["ScannedCount"]) == (14, 30)
    parts = [dax.scan(TableName=wide, Segment=n, TotalSegments=3)["Count"] for n in range(3)]
    assert sum(parts) == 30


def test_query_answers_are_cached_whatever_is_written(dax, client, one):
    table = make_table(client, sort="sk")
    def count():
        return dax.query(
            TableName=table, KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": {"S": "a"}})["Count"]
    before = one.metric("query_cache_hits")
    assert count() == 0
    dax.put_item(TableName=table, Item={"pk": {"S": "a"}, "sk": {"S": "1"}})
    assert count() == 0, "a write does not touch the query cache"
    assert one.metric("query_cache_hits") == before + 1
    strong = dax.query(
        TableName=table, KeyConditionExpression="pk = :p", ConsistentRead=True,
        ExpressionAttributeValues={":p": {"S": "a"}})
    assert strong["Count"] == 1


def test_batches_are_item_by_item(dax, client, one):
    table, other = make_table(client), make_table(client, sort="sk", types={"sk": "N"})
    left = dax.batch_write_item(RequestItems={
        table: [{"PutRequest": {"Item": {"pk": {"S": str(n)}, "v": {"N": str(n)}}}}
                for n in range(3)],
        other: [{"PutRequest": {"Item": {"pk": {"S": "a"}, "sk": {"N": "10"}}}}]})
    assert left["UnprocessedItems"] == {}
    client.put_item(TableName=table, Item={"pk": {"S": "3"}, "v": {"N": "3"}})
    hits, misses = one.metric("item_cache_hits"), one.metric("item_cache_misses")
    answer = dax.batch_get_item(
        ReturnConsumedCapacity="TOTAL",
        RequestItems={
            table: {"Keys": [{"pk": {"S": str(n)}} for n in range(5)]},
            other: {"Keys": [{"pk": {"S": "a"}, "sk": {"N": "10"}}]}})
    assert sorted(item["v"]["N"] for item in answer["Responses"][table]) == ["0", "1", "2", "3"]
    assert answer["Responses"][other] == [{"pk": {"S": "a"}, "sk": {"N": "10"}}]
    assert one.metric("item_cache_hits") == hits + 4
    assert one.metric("item_cache_misses") == misses + 2
    units = {entry["TableName"]: entry["CapacityUnits"] for entry in answer["ConsumedCapacity"]}
    assert units == {table: 1.0, other: 0.0}
    dax.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": {"pk": {"S": "1"}}}}]})
    again = dax.batch_get_item(RequestItems={table: {
        "Keys": [{"pk": {"S": "1"}}, {"pk": {"S": "2"}}], "ProjectionExpression": "v"}})
    assert again["Responses"][table] == [{"v": {"N": "2"}}]


def test_transactions(dax, client, plain):
    def key(name):
        return {"pk": {"S": "tx" + name}}
    dax.put_item(TableName=plain, Item={**key("u"), "v": {"N": "1"}})
    dax.put_item(TableName=plain, Item=key("d"))
    dax.transact_write_items(TransactItems=[
        {"Put": {"TableName": plain, "Item": {**key("p"), "v": {"N": "5"}}}},
        {"Update": {
            "TableName": plain, "Key": key("u"), "UpdateExpression": "SET v = v + :o",
            "ConditionExpression": "v = :o", "ExpressionAttributeValues": {":o": {"N": "1"}}}},
        {"Delete": {"TableName": plain, "Key": key("d")}},
        {"ConditionCheck": {
            "TableName": plain, "Key": key("none"),
            "ConditionExpression": "attribute_not_exists(pk)"}}])
    got = dax.transact_get_items(TransactItems=[
        {"Get": {"TableName": plain, "Key": key("p")}},
        {"Get": {"TableName": plain, "Key": key("u"), "ProjectionExpression": "v"}},
        {"Get": {"TableName": plain, "Key": key("d")}}])
    assert got["Responses"] == [
        {"Item": {**key("p"), "v": {"N": "5"}}}, {"Item": {"v": {"N": "2"}}}, {}]
    assert dax.get_item(TableName=plain, Key=key("u"))["Item"]["v"] == {"N": "2"}
    assert "Item" not in dax.get_item(TableName=plain, Key=key("d"))


def test_transactions_refresh_the_cache_in_the_background(dax, client, one, plain):
    key = {"pk": {"S": "refreshed"}}
    dax.transact_write_items(TransactItems=[
        {"Put": {"TableName": plain, "Item": {**key, "v": {"N": "5"}}}}])
    for _ in range(100):
        answer = dax.get_item(TableName=plain, Key=key, ReturnConsumedCapacity="TOTAL")
        if "ConsumedCapacity" not in answer:
            break
        client.get_item(TableName=plain, Key=key)
        time.sleep(0.05)
    assert answer["Item"]["v"] == {"N": "5"} and "ConsumedCapacity" not in answer


def test_a_cancelled_transaction_gives_its_reasons(dax, plain):
    key = {"pk": {"S": "cancelled"}}
    dax.put_item(TableName=plain, Item={**key, "v": {"N": "1"}})
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        dax.transact_write_items(TransactItems=[
            {"Put": {"TableName": plain, "Item": {"pk": {"S": "not written"}}}},
            {"Delete": {"TableName": plain, "Key": key, "ConditionExpression": "v = :t",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                        "ExpressionAttributeValues": {":t": {"N": "2"}}}}])
    error = caught.value
    assert error.response["Error"]["Code"] == "TransactionCanceledException"
    assert error.cancellation_reasons[0] == "None"
    assert error.cancellation_reasons[3] == "ConditionalCheckFailed"
    assert error.cancellation_reasons[5] is not None
    assert "Item" not in dax.get_item(TableName=plain, Key={"pk": {"S": "not written"}})


def test_errors_keep_their_names(dax, plain):
    code, _ = refusal(dax.get_item, TableName="no-such-table", Key={"pk": {"S": "x"}})
    assert code == "ResourceNotFoundException"
    code, message = refusal(
        dax.update_item, TableName=plain, Key={"pk": {"S": "x"}}, UpdateExpression="SET pk = :v",
        ExpressionAttributeValues={":v": {"S": "y"}})
    assert code == "ValidationException" and "part of the key" in message


def test_throttles_of_the_table_are_passed_on(url, client):
    table = make_table(
        client, ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    with cluster(url) as started, dax_client(started.nodes[0]) as dax:
        item = {"pk": {"S": "k"}, "x": {"S": "y" * 200_000}}
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            for _ in range(20):
                dax.put_item(TableName=table, Item=item)
        assert caught.value.response["Error"]["Code"] == "ProvisionedThroughputExceededException"


def test_a_node_throttles_beyond_its_capacity(url, plain):
    with cluster(url, "--capacity", "5") as started, dax_client(started.nodes[0]) as dax:
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            for _ in range(200):
                dax.get_item(TableName=plain, Key={"pk": {"S": "busy"}})
        assert caught.value.response["Error"]["Code"] == "ThrottlingException"
        assert started.metric("throttled_request_count") >= 1
        assert started.metric("error_request_count") >= started.metric("throttled_request_count")


def test_entries_expire(url, client, plain):
    key = {"pk": {"S": "expiring"}}
    with cluster(url, "--item-ttl", "300ms") as started, dax_client(started.nodes[0]) as dax:
        dax.put_item(TableName=plain, Item={**key, "v": {"N": "1"}})
        client.put_item(TableName=plain, Item={**key, "v": {"N": "2"}})
        time.sleep(0.4)
        assert dax.get_item(TableName=plain, Key=key)["Item"]["v"]["N"] == "2"
        assert started.metric("item_cache_misses") == 1


def test_memory_bounds_the_cache(url, client, plain):
    with cluster(url, "--memory", "64KB") as started, dax_client(started.nodes[0]) as dax:
        for number in range(40):
            dax.put_item(
                TableName=plain, Item={"pk": {"S": f"fat{number}"}, "x": {"S": "y" * 4000}})
        assert 50_000 < started.metric("estimated_db_size") <= 65_536
        assert started.metric("evicted_size") > 40 * 4000 - 65_536
        assert started.metric("cache_memory_utilization") <= 50


def test_signatures_are_verified_when_the_secret_is_known(url, plain):
    known = {"AWS_ACCESS_KEY_ID": "AKIDKNOWN", "AWS_SECRET_ACCESS_KEY": "hidden"}
    with cluster(url, "--verify", environment=known) as started:
        key = {"pk": {"S": "signed"}}
        with dax_client(started.nodes[0], key="AKIDKNOWN", secret="hidden") as dax:
            dax.get_item(TableName=plain, Key=key)
        with pytest.raises(Exception):
            with dax_client(started.nodes[0], key="AKIDKNOWN", secret="wrong") as dax:
                dax.get_item(TableName=plain, Key=key)


USERS = """
users:
  - name: ann
    keys: [{id: AKIAANN, secret: wonderland}]
    policies:
      - {Version: "2012-10-17", Statement: {Effect: Allow, Action: "*", Resource: "*"}}
  - name: bob
    keys: [{id: AKIABOB, secret: builder}]
    policies:
      - {Version: "2012-10-17", Statement: {Effect: Allow, Action: "dynamodb:*", Resource: "*"}}
roles:
  - name: cached
    trust:
      Version: "2012-10-17"
      Statement: {Effect: Allow, Principal: {AWS: "123456789012"}, Action: "sts:AssumeRole"}
    policies:
      - Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: ["dax:GetItem", "dax:Query"]
            Resource: "arn:aws:dax:us-east-1:123456789012:cache/films"
          - Effect: Allow
            Action: ["dax:PutItem", "dax:ConditionCheckItem"]
            Resource: "*"
            Condition: {StringEquals: {"dax:EnclosingOperation": "TransactWriteItems"}}
"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server and a cluster that know the same users; ann is the cluster's own identity."""
    users = tmp_path_factory.mktemp("users") / "users.yaml"
    users.write_text(USERS)
    identity = {"AWS_ACCESS_KEY_ID": "AKIAANN", "AWS_SECRET_ACCESS_KEY": "wonderland",
                "AWS_REGION": "us-east-1"}
    with serving("--auth", "required", "--users", str(users)) as url:
        ann = boto3.Session("AKIAANN", "wonderland", region_name="us-east-1")
        table = make_table(ann.client("dynamodb", endpoint_url=url))
        with cluster(url, "--users", str(users), "--name", "films",
                     environment=identity) as started:
            yield started.nodes[0], table, ann.client("sts", endpoint_url=url)


def test_temporary_credentials_and_actions_on_the_cluster(guarded):
    node, table, tokens = guarded
    role = "arn:aws:iam::123456789012:role/cached"
    given = tokens.assume_role(RoleArn=role, RoleSessionName="web")["Credentials"]
    with dax_client(node, key=given["AccessKeyId"], secret=given["SecretAccessKey"],
                    token=given["SessionToken"]) as dax:
        key = {"pk": {"S": "a"}}
        assert "Item" not in dax.get_item(TableName=table, Key=key)
        code, message = refusal(dax.put_item, TableName=table, Item=key)
        assert code == "AccessDeniedException"
        assert message.endswith(
            "User: arn:aws:sts::123456789012:assumed-role/cached/web is not authorized to perform: "
            "dax:PutItem on resource: arn:aws:dax:us-east-1:123456789012:cache/films because no "
            "identity-based policy allows the dax:PutItem action")
        dax.transact_write_items(TransactItems=[
            {"Put": {"TableName": table, "Item": key}},
            {"ConditionCheck": {
                "TableName": table, "Key": {"pk": {"S": "none"}},
                "ConditionExpression": "attribute_not_exists(pk)"}}])
        assert refusal(dax.transact_write_items, TransactItems=[
            {"Delete": {"TableName": table, "Key": key}}])[0] == "AccessDeniedException"
    given = tokens.get_session_token()["Credentials"]
    with dax_client(node, key=given["AccessKeyId"], secret=given["SecretAccessKey"],
                    token=given["SessionToken"]) as dax:
        dax.put_item(TableName=table, Item=key)
        assert dax.get_item(TableName=table, Key=key)["Item"] == key


@pytest.mark.parametrize("key, secret, token, words", [
    ("AKIABOB", "builder", None, "because no identity-based policy allows the dax:GetItem action"),
    ("AKIABOB", "wrong", None, "does not match the signature you provided"),
    ("AKIAEVE", "builder", None, "security token included in the request is invalid"),
    ("AKIABOB", "builder", "00ff", "security token included in the request is invalid")])
def test_who_is_not_let_in(guarded, key, secret, token, words):
    node, table, _ = guarded
    with pytest.raises(Exception, match=words):
        with dax_client(node, key=key, secret=secret, token=token) as dax:
            dax.get_item(TableName=table, Key={"pk": {"S": "a"}})


def test_an_endpoint_with_a_certificate_of_its_own(tmp_path):
    with serving("--tls") as url:
        authority = tmp_path / "authority.pem"
        authority.write_text(
            ssl.get_server_certificate(("127.0.0.1", int(url.rsplit(":", 1)[1]))))
        plain = boto3.client(
            "dynamodb", endpoint_url=url, region_name="us-east-1", aws_access_key_id="id",
            aws_secret_access_key="secret", verify=str(authority))
        table = make_table(plain)
        key = {"pk": {"S": "secure"}}
        plain.put_item(TableName=table, Item={**key, "v": {"N": "1"}})
        with cluster(url, environment={"AWS_CA_BUNDLE": str(authority)}) as started:
            with dax_client(started.nodes[0]) as dax:
                assert dax.get_item(TableName=table, Key=key)["Item"]["v"] == {"N": "1"}
                dax.put_item(TableName=table, Item={**key, "v": {"N": "2"}})
        assert plain.get_item(TableName=table, Key=key)["Item"]["v"] == {"N": "2"}
        with cluster(url, "--no-verify-ssl") as started:
            with dax_client(started.nodes[0]) as dax:
                assert dax.get_item(TableName=table, Key=key)["Item"]["v"] == {"N": "2"}
        with cluster(url) as started:
            with pytest.raises(Exception, match="certificate"):
                with dax_client(started.nodes[0]) as dax:
                    dax.get_item(TableName=table, Key=key)


def patiently(call):
    """Calls until it succeeds, for half a minute at most: the client does not repeat a request
    whose connection was refused by a node that it has not yet heard is gone, nor one that found no
    leader."""
    deadline = time.time() + 30
    while True:
        try:
            return call()
        except Exception:
            assert time.time() < deadline
            time.sleep(0.2)


def test_clients_by_tls(url, plain, tmp_path, monkeypatch):
    key = {"pk": {"S": "by tls"}, "x": {"S": "y" * 300_000}}
    with cluster(url, "--nodes", "2", "--tls", "--replication-delay", "1ms") as started:
        host, port = started.nodes[0].removeprefix("daxs://").split(":")
        with pytest.raises(Exception):
            with dax_client(started.nodes[0]) as distrustful:
                distrustful.put_item(TableName=plain, Item=key)
        authority = tmp_path / "authority.pem"
        authority.write_text(ssl.get_server_certificate((host, int(port))))
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        with dax_client(started.nodes[0], attempts=20) as dax:
            dax.put_item(TableName=plain, Item=key)
            found = dax.get_item(TableName=plain, Key={"pk": key["pk"]})["Item"]
            assert found == key
            started.control(2, "lose")
            found = patiently(lambda: dax.get_item(TableName=plain, Key={"pk": key["pk"]}))
            assert found["Item"] == key


def test_replicas_take_over(url, client, plain):
    with cluster(url, "--nodes", "3", "--replication-delay", "20ms") as started:
        with dax_client(started.nodes[0], attempts=20) as dax:
            for number in range(30):
                dax.put_item(
                    TableName=plain, Item={"pk": {"S": f"ha{number}"}, "v": {"N": str(number)}})
            started.control(1, "lose")
            for number in range(30, 40):
                item = {"pk": {"S": f"ha{number}"}, "v": {"N": str(number)}}
                patiently(lambda: dax.put_item(TableName=plain, Item=item))
            for number in range(40):
                key = {"pk": {"S": f"ha{number}"}}
                assert client.get_item(TableName=plain, Key=key)["Item"]["v"]["N"] == str(number)
                assert dax.get_item(TableName=plain, Key=key)["Item"]["v"]["N"] == str(number)
            started.control(1, "join")
            with dax_client(started.nodes[0]) as back:
                key = {"pk": {"S": "ha5"}}
                assert back.get_item(TableName=plain, Key=key)["Item"]["v"]["N"] == "5"


def test_the_command_says_what_is_wrong():
    def complaint(*options):
        done = subprocess.run(
            os.environ["PLIMSOLL"].split() + ["dax", *options], capture_output=True, text=True)
        return done.returncode, done.stderr
    assert complaint("--nodes", "12") == (
        2, "plimsoll: --nodes expects 1 to 11: a primary and up to ten replicas\n")
    assert complaint("--endpoint", "x:8000") == (
        2, "plimsoll: --endpoint: 'x:8000' is no endpoint: it does not begin with http:// or "
        "https://; expected such as http://127.0.0.1:8000\n")
    assert "without a path" in complaint("--endpoint", "http://x/y")[1]
    code, text = complaint("--node-type", "dax.t3.small")
    assert code == 2 and "no capacity is published for dax.t3.small" in text
