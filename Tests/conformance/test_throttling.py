"""Capacity as a client meets it: bursts, exceptions, reasons, retries."""
import botocore.exceptions
import pytest
from conftest import connect, index, make_table

UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


def exhaust(call):
    """How many calls pass before one is throttled, and that one's error."""
    for count in range(10_000):
        try:
            call(count)
        except botocore.exceptions.ClientError as error:
            return count, error.response
    raise AssertionError("nothing was throttled")


def test_burst_then_throttle_then_retry(client, url):
    name = make_table(client, ProvisionedThroughput=UNITS)
    item = {"x": {"S": "x" * 4000}}
    count, error = exhaust(
        lambda n: client.put_item(TableName=name, Item={"pk": {"S": str(n)}, **item}))
    # 300 s of 5 units, four units each, and what trickles in meanwhile.
    assert 375 <= count <= 400
    assert error["Error"]["Code"] == "ProvisionedThroughputExceededException"
    assert error["ThrottlingReasons"] == [{
        "reason": "TableWriteProvisionedThroughputExceeded",
        "resource": client.describe_table(TableName=name)["Table"]["TableArn"]}]
    patient = connect(url, attempts=10)
    for number in range(3):
        patient.put_item(TableName=name, Item={"pk": {"S": f"r{number}"}})
    client.delete_table(TableName=name)


def test_index_pushes_back(client):
    name = make_table(
        client, types={"g": "S"}, ProvisionedThroughput={
            "ReadCapacityUnits": 5, "WriteCapacityUnits": 1000},
        GlobalSecondaryIndexes=[index(
            "byG", "g", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})])
    count, error = exhaust(lambda n: client.put_item(
        TableName=name, Item={"pk": {"S": str(n)}, "g": {"S": "x"}, "x": {"S": "x" * 2500}}))
    assert 100 <= count <= 110
    assert [reason["reason"] for reason in error["ThrottlingReasons"]] == [
        "IndexWriteProvisionedThroughputExceeded"]
    client.put_item(TableName=name, Item={"pk": {"S": "sparse"}})
    client.delete_table(TableName=name)


def test_configured_maximum(client):
    name = make_table(client, OnDemandThroughput={
        "MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 5})
    _, error = exhaust(lambda n: client.put_item(
        TableName=name, Item={"pk": {"S": str(n)}, "x": {"S": "x" * 3000}}))
    assert error["Error"]["Code"] == "ThrottlingException"
    assert error["Error"]["Message"] == (
        "Throughput exceeds the maximum OnDemandThroughput configured on table or index")
    assert error["throttlingReasons"][0]["reason"] == "TableWriteMaxOnDemandThroughputExceeded"
    client.delete_table(TableName=name)


@pytest.mark.parametrize("consistent, least", [(True, 375), (False, 750)])
def test_reads(client, consistent, least):
    name = make_table(client, ProvisionedThroughput=UNITS)
    client.put_item(TableName=name, Item={"pk": {"S": "a"}, "x": {"S": "x" * 16_000}})
    count, error = exhaust(lambda n: client.get_item(
        TableName=name, Key={"pk": {"S": "a"}}, ConsistentRead=consistent))
    assert least <= count <= least + 40
    assert error["ThrottlingReasons"][0]["reason"] == "TableReadProvisionedThroughputExceeded"
    client.delete_table(TableName=name)


def test_batch_gives_back_the_rest(client):
    name = make_table(client, ProvisionedThroughput={
        "ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    left = None
    for batch in range(100):
        puts = [{"PutRequest": {"Item": {"pk": {"S": f"{batch} {n}"}, "x": {"S": "x" * 4500}}}}
                for n in range(25)]
        left = client.batch_write_item(RequestItems={name: puts})["UnprocessedItems"]
        if left:
            break
    assert 0 < len(left[name]) < 25
    with pytest.raises(client.exceptions.ProvisionedThroughputExceededException):
        client.batch_write_item(RequestItems=left)
    client.delete_table(TableName=name)
