"""Streams with boto3: views, shards, iterators, order, the walk-through of the invoice consumer."""
import json
import subprocess
import threading

import boto3
import botocore.exceptions
import pytest
from conftest import key_schema, make_table, refusal, serving, wait_active

CHANGES = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


def reader(url):
    return boto3.client(
        "dynamodbstreams", endpoint_url=url, region_name="us-east-1", aws_access_key_id="id",
        aws_secret_access_key="secret")


@pytest.fixture(scope="session")
def streams(url):
    return reader(url)


def arn_of(client, table):
    return client.describe_table(TableName=table)["Table"]["LatestStreamArn"]


def shards_of(streams, arn):
    return streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]


def records_of(streams, arn):
    """Every record of the stream, each shard behind its parent."""
    found = []
    for shard in shards_of(streams, arn):
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"],
            ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while iterator:
            page = streams.get_records(ShardIterator=iterator)
            if not page["Records"]:
                break
            found += page["Records"]
            iterator = page.get("NextShardIterator")
    return found


def test_a_change_is_seen_once_with_its_images(client, streams):
    table = make_table(client, sort="sk", types={"sk": "N"}, StreamSpecification=CHANGES)
    arn = arn_of(client, table)
    key = {"pk": {"S": "a"}, "sk": {"N": "1"}}
    client.put_item(TableName=table, Item={**key, "v": {"BOOL": True}})
    client.put_item(TableName=table, Item={**key, "v": {"BOOL": True}})
    client.update_item(
        TableName=table, Key=key, UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"L": [{"N": "1.50"}]}})
    client.delete_item(TableName=table, Key=key)
    records = records_of(streams, arn)
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    modify = records[1]["dynamodb"]
    assert modify["Keys"] == key
    assert modify["OldImage"] == {**key, "v": {"BOOL": True}}
    assert modify["NewImage"] == {**key, "v": {"L": [{"N": "1.5"}]}}
    assert "NewImage" not in records[2]["dynamodb"]
    assert "userIdentity" not in records[2]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    assert numbers == sorted(numbers) and len(set(numbers)) == 3
    assert all(21 <= len(number) <= 40 for number in numbers)


def test_descriptions(client, streams):
    table = make_table(client, StreamSpecification=CHANGES)
    listed = streams.list_streams(TableName=table)["Streams"]
    assert [stream["TableName"] for stream in listed] == [table]
    description = streams.describe_stream(StreamArn=listed[0]["StreamArn"])["StreamDescription"]
    assert description["StreamStatus"] == "ENABLED"
    assert description["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert description["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert all(28 <= len(shard["ShardId"]) <= 65 for shard in description["Shards"])
    page = streams.describe_stream(StreamArn=listed[0]["StreamArn"], Limit=1)["StreamDescription"]
    assert page["LastEvaluatedShardId"] == page["Shards"][0]["ShardId"]


def test_refusals(client, streams):
    table = make_table(client, StreamSpecification=CHANGES)
    arn = arn_of(client, table)
    shard = shards_of(streams, arn)[0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType="LATEST")["ShardIterator"]
    assert refusal(streams.get_records, ShardIterator=iterator, Limit=1001)[0] == (
        "LimitExceededException")
    assert refusal(streams.describe_stream, StreamArn=arn + "9")[0] == "ResourceNotFoundException"
    assert refusal(
        streams.get_shard_iterator, StreamArn=arn, ShardId=shard[:-1] + "f",
        ShardIteratorType="LATEST")[0] == "ResourceNotFoundException"
    assert refusal(streams.get_records, ShardIterator="none")[0] == "ValidationException"
    assert refusal(
        client.update_table, TableName=table, StreamSpecification=CHANGES) == (
        "ValidationException", f"Table already has an enabled stream: TableName: {table}")


def test_disabled_streams_are_read_to_their_end(client, streams):
    table = make_table(client, StreamSpecification=CHANGES)
    arn = arn_of(client, table)
    client.put_item(TableName=table, Item={"pk": {"S": "a"}})
    client.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
    wait_active(client, table)
    client.put_item(TableName=table, Item={"pk": {"S": "b"}})
    assert len(records_of(streams, arn)) == 1
    for shard in shards_of(streams, arn):
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"],
            ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        assert "NextShardIterator" not in streams.get_records(ShardIterator=iterator)
    client.update_table(TableName=table, StreamSpecification=CHANGES)
    wait_active(client, table)
    assert arn_of(client, table) != arn


def test_kinesis_destinations_are_recorded(client):
    table = make_table(client)
    arn = "arn:aws:kinesis:us-east-1:123456789012:stream/changes"
    begun = client.enable_kinesis_streaming_destination(TableName=table, StreamArn=arn)
    assert begun["DestinationStatus"] == "ENABLING"
    shown = client.describe_kinesis_streaming_destination(TableName=table)
    assert [one["DestinationStatus"] for one in shown["KinesisDataStreamDestinations"]] == [
        "ACTIVE"]
    client.update_kinesis_streaming_destination(
        TableName=table, StreamArn=arn,
        UpdateKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": "MICROSECOND"})
    client.disable_kinesis_streaming_destination(TableName=table, StreamArn=arn)
    shown = client.describe_kinesis_streaming_destination(TableName=table)
    assert shown["KinesisDataStreamDestinations"][0]["DestinationStatus"] == "DISABLED"


def test_a_consumer_sees_each_invoice(client, streams):
    """New invoices trigger notifications through the stream, whoever writes them and how."""
    table = make_table(client, partition="InvoiceId", StreamSpecification=CHANGES)
    arn = arn_of(client, table)

    def write(first):
        for number in range(first, first + 25):
            client.put_item(
                TableName=table,
                Item={"InvoiceId": {"S": f"inv-{number}"}, "Total": {"N": str(number)}})

    writers = [threading.Thread(target=write, args=(first,)) for first in (0, 25, 50, 75)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    notified = [
        record["dynamodb"]["NewImage"]["InvoiceId"]["S"]
        for record in records_of(streams, arn) if record["eventName"] == "INSERT"]
    assert sorted(notified) == sorted(f"inv-{number}" for number in range(100))


def test_the_command_line_reads_a_stream(client, url):
    table = make_table(client, StreamSpecification=CHANGES)
    client.put_item(TableName=table, Item={"pk": {"S": "cli"}})

    def aws(*arguments):
        done = subprocess.run(
            ["aws", "dynamodbstreams", *arguments, "--endpoint-url", url, "--region", "us-east-1",
             "--output", "json"],
            env={**__import__("os").environ, "AWS_ACCESS_KEY_ID": "id",
                 "AWS_SECRET_ACCESS_KEY": "secret"},
            capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    arn = aws("list-streams", "--table-name", table)["Streams"][0]["StreamArn"]
    shards = aws("describe-stream", "--stream-arn", arn)["StreamDescription"]["Shards"]
    found = []
    for shard in shards:
        iterator = aws(
            "get-shard-iterator", "--stream-arn", arn, "--shard-id", shard["ShardId"],
            "--shard-iterator-type", "TRIM_HORIZON")["ShardIterator"]
        found += aws("get-records", "--shard-iterator", iterator)["Records"]
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in found] == ["cli"]


def test_streams_and_tables_keep_to_their_own_names(url):
    """An operation answers under its own API's name only."""
    import urllib.error
    import urllib.request

    request = urllib.request.Request(
        url, data=b"{}", headers={
            "X-Amz-Target": "DynamoDBStreams_20120810.ListTables",
            "Content-Type": "application/x-amz-json-1.0"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert b"UnknownOperationException" in caught.value.read()


def test_tables_change_state_with_their_streams():
    with serving("--table-delay", "1") as url:
        from conftest import connect
        client, streams = connect(url), reader(url)
        table = make_table(client)
        client.update_table(TableName=table, StreamSpecification=CHANGES)
        arn = arn_of(client, table)
        description = streams.describe_stream(StreamArn=arn)["StreamDescription"]
        assert description["StreamStatus"] == "ENABLING"
        wait_active(client, table)
        description = streams.describe_stream(StreamArn=arn)["StreamDescription"]
        assert description["StreamStatus"] == "ENABLED"


def test_readers_of_a_shard_are_throttled():
    """Five reads of a shard a second, if asked for; clients that repeat notice nothing."""
    with serving("--stream-limits", "all") as url:
        from conftest import connect
        read_often(connect(url), url)


def read_often(client, url):
    table = make_table(client, StreamSpecification=CHANGES)
    once = boto3.client(
        "dynamodbstreams", endpoint_url=url, region_name="us-east-1", aws_access_key_id="id",
        aws_secret_access_key="secret",
        config=boto3.session.Config(retries={"total_max_attempts": 1}))
    arn = arn_of(client, table)
    iterator = once.get_shard_iterator(
        StreamArn=arn, ShardId=shards_of(once, arn)[0]["ShardId"],
        ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    answers = {refusal_or_none(once.get_records, ShardIterator=iterator) for _ in range(50)}
    assert ("ThrottlingException", "Rate exceeded") in answers and None in answers
    streams = reader(url)
    for _ in range(12):
        streams.get_records(ShardIterator=iterator)


def refusal_or_none(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return None


USERS = """
users:
  - name: ann
    keys: [{id: AKIAANN, secret: ann}]
    policies: ['{"Statement": {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}}']
  - name: ida
    keys: [{id: AKIAIDA, secret: ida}]
    policies:
      - '{"Statement": [
          {"Effect": "Allow", "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/*",
           "Action": ["dynamodb:DescribeStream", "dynamodb:GetShardIterator"]},
          {"Effect": "Allow", "Action": "dynamodb:GetRecords",
           "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/open/stream/*"}]}'
"""


def test_records_are_read_by_those_who_may(tmp_path):
    """GetRecords names its stream by the iterator alone, and is judged by that stream."""
    (tmp_path / "users.yaml").write_text(USERS)
    with serving("--auth", "required", "--users", str(tmp_path / "users.yaml")) as url:
        def signed(service, name):
            return boto3.client(
                service, endpoint_url=url, region_name="us-east-1",
                aws_access_key_id="AKIA" + name.upper(), aws_secret_access_key=name)

        ann, ida = signed("dynamodb", "ann"), signed("dynamodbstreams", "ida")
        found = {}
        for table in ("open", "secret"):
            ann.create_table(
                TableName=table, KeySchema=key_schema("pk"), BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                StreamSpecification=CHANGES)
            wait_active(ann, table)
            ann.put_item(TableName=table, Item={"pk": {"S": "a"}})
            arn = arn_of(ann, table)
            iterators = [
                ida.get_shard_iterator(
                    StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
                for shard in shards_of(ida, arn)]
            found[table] = arn, [one["ShardIterator"] for one in iterators]
        arn, iterators = found["open"]
        assert all(one.startswith(arn + "|") for one in iterators)
        pages = [ida.get_records(ShardIterator=one)["Records"] for one in iterators]
        assert sum(map(len, pages)) == 1
        arn, iterators = found["secret"]
        code, message = refusal(ida.get_records, ShardIterator=iterators[0])
        assert code == "AccessDeniedException"
        assert f"dynamodb:GetRecords on resource: {arn} because" in message
        # Another stream's name on an iterator is no way in.
        forged = iterators[0].replace("table/secret/", "table/open/")
        assert refusal(ida.get_records, ShardIterator=forged)[0] == "ValidationException"
