"""Time to live with boto3 and the AWS CLI: the session table of the walk-through."""
import time

import boto3
from conftest import connect, make_table, refusal, serving
from test_streams import CHANGES, arn_of, reader, records_of


def wait_until(condition, seconds=30):
    for _ in range(seconds * 10):
        if condition():
            return
        time.sleep(0.1)
    raise TimeoutError


def enable(client, table, name="ttl", flag=True):
    return client.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": flag, "AttributeName": name})


def test_a_session_table(client, url):
    """Sessions of numbered users expire, others stay, and the stream tells who deleted."""
    table = make_table(
        client, partition="UserID", types={"UserID": "N"}, StreamSpecification=CHANGES)
    assert enable(client, table)["TimeToLiveSpecification"] == {
        "Enabled": True, "AttributeName": "ttl"}
    described = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    now = int(time.time())
    ends = {1: {"N": str(now - 60)}, 2: {"N": str(now + 1)}, 3: {"N": str(now + 3600)},
            4: {"S": str(now - 60)}}
    for user, ttl in ends.items():
        client.put_item(TableName=table, Item={"UserID": {"N": str(user)}, "ttl": ttl})
    wait_until(lambda: client.scan(TableName=table)["Count"] == 2)
    left = client.scan(TableName=table)["Items"]
    assert sorted(item["UserID"]["N"] for item in left) == ["3", "4"]
    removed = [
        record for record in records_of(reader(url), arn_of(client, table))
        if record["eventName"] == "REMOVE"]
    assert sorted(record["dynamodb"]["Keys"]["UserID"]["N"] for record in removed) == ["1", "2"]
    assert all(
        record["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
        for record in removed)


def test_changes_are_refused_for_an_hour(client):
    table = make_table(client)
    enable(client, table)
    assert refusal(enable, client=client, table=table) == (
        "ValidationException", "TimeToLive is already enabled")
    assert refusal(enable, client=client, table=table, flag=False) == (
        "ValidationException",
        "Time to live has been modified multiple times within a fixed interval")
    fresh = make_table(client)
    assert refusal(enable, client=client, table=fresh, flag=False) == (
        "ValidationException", "TimeToLive is already disabled")


def test_a_lag_keeps_expired_items_readable():
    with serving("--ttl-lag", "1h") as url:
        client = connect(url)
        table = make_table(client)
        enable(client, table)
        client.put_item(
            TableName=table, Item={"pk": {"S": "a"}, "ttl": {"N": str(int(time.time()) - 5)}})
        time.sleep(2)
        assert client.scan(TableName=table)["Count"] == 1
