"""Global tables with boto3 and the AWS CLI: the regions of one server, one port each."""
import contextlib
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request

import boto3
import pytest
from conftest import key_schema, refusal, wait_active
from test_time_to_live import wait_until

REGIONS = ["us-east-1", "us-east-2", "us-west-2"]


@contextlib.contextmanager
def serving_regions(*options):
    """Clients by region, and the address of the first, of a server that ends with the block."""
    command = os.environ["PLIMSOLL"].split() + [
        "serve", "--port", "0", "--regions", ",".join(REGIONS), *options]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        lines = [server.stdout.readline() for _ in REGIONS]
        urls = [re.search(r"https?://\S+:\d+", line).group(0) for line in lines]
        assert all(region in line for region, line in zip(REGIONS, lines))
        yield {region: connect(url, region) for region, url in zip(REGIONS, urls)}, urls[0]
    finally:
        server.terminate()
        server.wait(timeout=20)


def connect(url, region, service="dynamodb"):
    return boto3.client(
        service, endpoint_url=url, region_name=region, aws_access_key_id="id",
        aws_secret_access_key="secret",
        config=boto3.session.Config(retries={"total_max_attempts": 1}))


@pytest.fixture(scope="module")
def regions():
    with serving_regions("--memory") as started:
        yield started


def create(client, name, **more):
    client.create_table(
        TableName=name, KeySchema=key_schema("pk"), BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}], **more)
    wait_active(client, name)


def add(client, name, *others, **more):
    return client.update_table(
        TableName=name, ReplicaUpdates=[{"Create": {"RegionName": one}} for one in others],
        **more)["TableDescription"]


def value(client, name, key, strong=False):
    item = client.get_item(
        TableName=name, Key={"pk": {"S": key}}, ConsistentRead=strong).get("Item")
    return item and item["v"]["S"]


def put(client, name, key, text):
    client.put_item(TableName=name, Item={"pk": {"S": key}, "v": {"S": text}})


def control(url, action, region):
    request = urllib.request.Request(f"{url}/_plimsoll/{action}/{region}", data=b"", method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def metric(client, name, table):
    with urllib.request.urlopen(client.meta.endpoint_url + "/_plimsoll/metrics") as answer:
        found = re.search(rf'^{name}{{TableName="{table}"}} (\S+)', answer.read().decode(), re.M)
    return found and float(found.group(1))


def test_a_table_in_two_regions(regions):
    clients, url = regions
    home, away = clients["us-east-1"], clients["us-east-2"]
    create(home, "orders")
    put(home, "orders", "before", "1")
    assert add(home, "orders", "us-east-2")["Replicas"][0]["RegionName"] == "us-east-2"
    table = home.describe_table(TableName="orders")["Table"]
    assert table["GlobalTableVersion"] == "2019.11.21"
    assert table["MultiRegionConsistency"] == "EVENTUAL"
    assert [one["RegionName"] for one in table["Replicas"]] == ["us-east-2"]
    put(away, "orders", "after", "2")
    wait_until(lambda: value(home, "orders", "after") == "2")
    wait_until(lambda: value(away, "orders", "before") == "1")
    control(url, "cut", "us-east-2")
    put(home, "orders", "split", "home")
    time.sleep(0.02)
    put(away, "orders", "split", "away")
    time.sleep(1)
    assert value(home, "orders", "split") == "home"
    state = control(url, "heal", "us-east-2")["Regions"][1]
    assert state["Region"] == "us-east-2" and not state["IsCut"]
    wait_until(lambda: value(home, "orders", "split") == "away")
    assert value(away, "orders", "split") == "away"
    assert refusal(
        home.update_table, TableName="orders",
        ReplicaUpdates=[{"Create": {"RegionName": "us-east-2"}}])[0] == "ValidationException"
    home.update_table(
        TableName="orders", ReplicaUpdates=[{"Delete": {"RegionName": "us-east-2"}}])
    assert refusal(away.describe_table, TableName="orders")[0] == "ResourceNotFoundException"
    assert "Replicas" not in home.describe_table(TableName="orders")["Table"]


def test_units_streams_and_expiry_in_every_region(regions):
    clients, _ = regions
    home, away = clients["us-east-1"], clients["us-west-2"]
    create(home, "sessions")
    add(home, "sessions", "us-west-2")
    home.update_time_to_live(
        TableName="sessions", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    status = away.describe_time_to_live(TableName="sessions")["TimeToLiveDescription"]
    assert status["AttributeName"] == "ttl"
    item = {"pk": {"S": "s"}, "v": {"S": "x" * 1500}, "ttl": {"N": str(int(time.time()) + 2)}}
    answer = home.put_item(TableName="sessions", Item=item, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"]["CapacityUnits"] == 2
    wait_until(lambda: value(away, "sessions", "s"))
    for client in (home, away):
        assert metric(client, "ReplicatedWriteCapacityUnits", "sessions") == 2
    wait_until(lambda: not value(home, "sessions", "s") and not value(away, "sessions", "s"))
    # Deleted for free where it was written, for two replicated units in the other region.
    assert metric(home, "ReplicatedWriteCapacityUnits", "sessions") == 2
    assert metric(away, "ReplicatedWriteCapacityUnits", "sessions") == 4
    assert metric(home, "TimeToLiveDeletedItemCount", "sessions") == 1
    assert metric(away, "TimeToLiveDeletedItemCount", "sessions") == 0
    for region, by_service in (("us-east-1", True), ("us-west-2", False)):
        events = stream_events(clients[region], region, "sessions")
        assert [name for name, _ in events] == ["INSERT", "REMOVE"]
        assert events[1][1] == by_service


def stream_events(client, region, table):
    """Names of a stream's events, and whether the service made them."""
    streams = connect(client.meta.endpoint_url, region, "dynamodbstreams")
    arn = client.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    events = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        page = streams.get_records(ShardIterator=iterator["ShardIterator"])
        events += [(one["eventName"], "userIdentity" in one) for one in page["Records"]]
    return events


def test_strong_consistency_over_three_regions(regions):
    clients, url = regions
    create(clients["us-east-1"], "accounts")
    table = add(
        clients["us-east-1"], "accounts", "us-east-2", "us-west-2",
        MultiRegionConsistency="STRONG")
    assert table["MultiRegionConsistency"] == "STRONG"
    for number, region in enumerate(REGIONS * 5):
        put(clients[region], "accounts", "balance", str(number))
        for other in REGIONS:
            assert value(clients[other], "accounts", "balance", strong=True) == str(number)
    control(url, "cut", "us-west-2")
    code, _ = refusal(
        clients["us-west-2"].put_item, TableName="accounts", Item={"pk": {"S": "balance"}})
    assert code == "InternalServerError"
    put(clients["us-east-1"], "accounts", "balance", "last")
    assert value(clients["us-west-2"], "accounts", "balance") == "14"
    control(url, "heal", "us-west-2")
    assert value(clients["us-west-2"], "accounts", "balance", strong=True) == "last"


def test_two_regions_and_a_witness():
    with serving_regions("--memory", "--region-lag", "400ms") as (clients, url):
        home, away = clients["us-east-1"], clients["us-east-2"]
        create(home, "ledger")
        add(
            home, "ledger", "us-east-2", MultiRegionConsistency="STRONG",
            GlobalTableWitnessUpdates=[{"Create": {"RegionName": "us-west-2"}}])
        witness = away.describe_table(TableName="ledger")["Table"]["GlobalTableWitnesses"]
        assert [one["RegionName"] for one in witness] == ["us-west-2"]
        put(home, "ledger", "entry", "1")
        code, _ = refusal(
            away.put_item, TableName="ledger", Item={"pk": {"S": "entry"}, "v": {"S": "2"}})
        assert code == "ReplicatedWriteConflictException"
        control(url, "cut", "us-east-2")
        wait_until(lambda: value(home, "ledger", "entry", strong=True) == "1")
        put(home, "ledger", "entry", "3")
        control(url, "heal", "us-east-2")
        assert value(away, "ledger", "entry", strong=True) == "3"


def test_the_calls_of_2017(regions):
    clients, _ = regions
    home = clients["us-east-1"]
    images = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    group = [{"RegionName": region} for region in REGIONS[:2]]
    create(home, "old", StreamSpecification=images)
    code, _ = refusal(home.create_global_table, GlobalTableName="old", ReplicationGroup=group)
    assert code == "TableNotFoundException"
    create(clients["us-east-2"], "old", StreamSpecification=images)
    made = home.create_global_table(GlobalTableName="old", ReplicationGroup=group)
    assert made["GlobalTableDescription"]["GlobalTableStatus"] == "ACTIVE"
    put(clients["us-east-2"], "old", "a", "1")
    wait_until(lambda: value(home, "old", "a") == "1")
    assert [one["GlobalTableName"] for one in home.list_global_tables()["GlobalTables"]] == ["old"]
    create(clients["us-west-2"], "old", StreamSpecification=images)
    home.update_global_table(
        GlobalTableName="old", ReplicaUpdates=[{"Create": {"RegionName": "us-west-2"}}])
    wait_until(lambda: value(clients["us-west-2"], "old", "a") == "1")
    described = clients["us-west-2"].describe_global_table(GlobalTableName="old")
    assert len(described["GlobalTableDescription"]["ReplicationGroup"]) == 3
    home.update_global_table_settings(
        GlobalTableName="old", GlobalTableBillingMode="PROVISIONED",
        GlobalTableProvisionedWriteCapacityUnits=7)
    settings = home.describe_global_table_settings(GlobalTableName="old")["ReplicaSettings"]
    assert {one["ReplicaProvisionedWriteCapacityUnits"] for one in settings} == {7}
    home.update_global_table(
        GlobalTableName="old", ReplicaUpdates=[{"Delete": {"RegionName": "us-west-2"}}])
    code, _ = refusal(clients["us-west-2"].describe_global_table, GlobalTableName="old")
    assert code == "GlobalTableNotFoundException"


def test_the_command_line(regions):
    clients, url = regions
    create(clients["us-east-1"], "shell")
    environment = dict(
        os.environ, AWS_ACCESS_KEY_ID="id", AWS_SECRET_ACCESS_KEY="secret",
        AWS_DEFAULT_REGION="us-east-1")
    subprocess.run(
        ["aws", "dynamodb", "update-table", "--table-name", "shell", "--replica-updates",
         "Create={RegionName=us-east-2}", "--endpoint-url", url],
        env=environment, check=True, capture_output=True, timeout=60)
    put(clients["us-east-1"], "shell", "a", "1")
    wait_until(lambda: value(clients["us-east-2"], "shell", "a") == "1")


def test_a_restart_goes_on(tmp_path):
    data = str(tmp_path / "data")
    with serving_regions("--data", data, "--region-lag", "1s") as (clients, _):
        create(clients["us-east-1"], "kept")
        add(clients["us-east-1"], "kept", "us-east-2")
        put(clients["us-east-1"], "kept", "a", "1")
    assert sorted(os.listdir(data)) == REGIONS
    with serving_regions("--data", data) as (clients, _):
        wait_until(lambda: value(clients["us-east-2"], "kept", "a") == "1")


def test_cutting_off_what_does_not_exist(regions):
    _, url = regions
    with pytest.raises(urllib.error.HTTPError) as refused:
        control(url, "cut", "mars-1")
    assert refused.value.code == 404
