"""What courses teach about the service, done as they tell it: the AWS CLI's commands, a user who
may read only their own items, a session table with time to live, a consumer that sees an invoice,
back-off after throttling, a backup restored to a new table."""
import json
import os
import subprocess
import time

import boto3
import botocore.config
import pytest

from conftest import connect, make_table, refusal, serving, wait_active


class Terminal:
    """A shell with the AWS CLI in a folder of its own."""

    def __init__(self, url, folder, key="id", secret="secret"):
        self.folder = folder
        self.environment = {
            **os.environ, "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": str(folder / "none"), "AWS_PAGER": ""}

    def __call__(self, command, fails=False):
        ended = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=self.environment, capture_output=True,
            text=True, timeout=120)
        assert (ended.returncode != 0) == fails, ended.stderr
        if fails:
            return ended.stderr
        return json.loads(ended.stdout) if ended.stdout.strip() else None

    def write(self, name, value):
        (self.folder / name).write_text(json.dumps(value))


@pytest.fixture(scope="module")
def own_url():
    """A server of its own, so that the courses' table names are free."""
    with serving() as url:
        yield url


@pytest.fixture
def shell(own_url, tmp_path):
    return Terminal(own_url, tmp_path)


def test_tables_and_items_by_the_command_line(shell):
    created = shell("""aws dynamodb create-table \
      --table-name Users \
      --attribute-definitions \
      AttributeName=Name,AttributeType=S \
      AttributeName=Title,AttributeType=S \
      --key-schema \
      AttributeName=Name,KeyType=HASH \
      AttributeName=Title,KeyType=RANGE \
      --provisioned-throughput \
      ReadCapacityUnits=10,WriteCapacityUnits=5""")["TableDescription"]
    assert created["ProvisionedThroughput"]["WriteCapacityUnits"] == 5
    shell.write("item.json", {
        "Name": {"S": "Ada"}, "Title": {"S": "Countess"}, "Born": {"N": "1815"}})
    shell.write("key.json", {"Name": {"S": "Ada"}, "Title": {"S": "Countess"}})
    shell("aws dynamodb put-item --table-name Users --item file://item.json")
    found = shell("aws dynamodb get-item --table-name Users --key file://key.json")
    assert found["Item"]["Born"] == {"N": "1815"}
    # As one of the courses has it, with an option that get-item does not know.
    assert "--key" in shell(
        "aws dynamodb get-item --table-name Users --item file://item.json", fails=True)
    shell("aws dynamodb delete-item --table-name Users --key file://key.json")
    assert "Users" in shell("aws dynamodb list-tables")["TableNames"]
    shell("aws dynamodb delete-table --table-name Users")
    assert "Users" not in shell("aws dynamodb list-tables")["TableNames"]


def test_a_product_catalogue_from_a_file(shell):
    shell("""aws dynamodb create-table --table-name ProductCatalog --attribute-definitions \
      AttributeName=Id,AttributeType=N --key-schema \
      AttributeName=Id,KeyType=HASH \
      --provisioned-throughput ReadCapacityUnits=5,WriteCapacityUnits=5""")
    shell.write("items.json", {"ProductCatalog": [
        {"PutRequest": {"Item": {
            "Id": {"N": str(number)}, "Title": {"S": f"Product {number}"},
            "Price": {"N": str(number / 10)}}}} for number in (101, 205, 403)]})
    left = shell("aws dynamodb batch-write-item --request-items file://items.json")
    assert left["UnprocessedItems"] == {}
    item = shell("""aws dynamodb get-item --table-name ProductCatalog --region us-east-1 \
      --key '{"Id":{"N":"205"}}'""")["Item"]
    assert item["Title"] == {"S": "Product 205"}
    queried = shell("""aws dynamodb query --table-name ProductCatalog \
      --key-condition-expression 'Id = :id' \
      --expression-attribute-values '{":id":{"N":"403"}}'""")
    assert queried["Count"] == 1
    scanned = shell("""aws dynamodb scan --table-name ProductCatalog \
      --projection-expression Title""")
    assert sorted(item["Title"]["S"] for item in scanned["Items"]) == [
        "Product 101", "Product 205", "Product 403"]
    raised = shell("""aws dynamodb update-table --table-name ProductCatalog \
      --provisioned-throughput ReadCapacityUnits=10,WriteCapacityUnits=10""")
    assert raised["TableDescription"]["TableName"] == "ProductCatalog"
    stated = shell("""aws dynamodb execute-statement --statement \
      "SELECT Title FROM ProductCatalog WHERE Id = 101" """)
    assert stated["Items"] == [{"Title": {"S": "Product 101"}}]


def test_a_session_table_whose_items_go(shell):
    shell("""aws dynamodb create-table --table-name SessionData --attribute-definitions \
      AttributeName=UserID,AttributeType=N --key-schema \
      AttributeName=UserID,KeyType=HASH \
      --provisioned-throughput ReadCapacityUnits=5,WriteCapacityUnits=5""")
    shell("""aws dynamodb update-time-to-live --table-name SessionData \
      --time-to-live-specification Enabled=true,AttributeName=ExpirationTime""")
    described = shell("aws dynamodb describe-time-to-live --table-name SessionData")
    assert described["TimeToLiveDescription"]["AttributeName"] == "ExpirationTime"
    now = int(time.time())
    shell.write("items.json", {"SessionData": [
        {"PutRequest": {"Item": {
            "UserID": {"N": str(user)}, "ExpirationTime": {"N": str(now + seconds)}}}}
        for user, seconds in ((1, -10), (2, 2), (3, 7_200))]})
    shell("aws dynamodb batch-write-item --request-items file://items.json")
    deadline = time.time() + 60
    while True:
        found = shell("aws dynamodb scan --table-name SessionData")["Items"]
        if len(found) == 1:
            break
        assert time.time() < deadline, found
        time.sleep(0.5)
    assert found[0]["UserID"] == {"N": "3"}


def test_a_consumer_sees_an_invoice(own_url):
    client = connect(own_url)
    table = make_table(client, "invoiceId", StreamSpecification={
        "StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    streams = boto3.client(
        "dynamodbstreams", endpoint_url=own_url, region_name="us-east-1",
        aws_access_key_id="id", aws_secret_access_key="secret")
    arn = streams.list_streams(TableName=table)["Streams"][0]["StreamArn"]
    shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterators = [
        streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="LATEST")["ShardIterator"]
        for shard in shards]
    client.put_item(TableName=table, Item={
        "invoiceId": {"S": "2026-17"}, "amount": {"N": "120.5"}, "paid": {"BOOL": False}})
    client.update_item(
        TableName=table, Key={"invoiceId": {"S": "2026-17"}}, UpdateExpression="SET paid = :p",
        ExpressionAttributeValues={":p": {"BOOL": True}})
    seen = [record for iterator in iterators
            for record in streams.get_records(ShardIterator=iterator)["Records"]]
    assert [record["eventName"] for record in seen] == ["INSERT", "MODIFY"]
    assert seen[0]["dynamodb"]["NewImage"]["amount"] == {"N": "120.5"}
    assert seen[1]["dynamodb"]["OldImage"]["paid"] == {"BOOL": False}
    assert seen[1]["dynamodb"]["NewImage"]["paid"] == {"BOOL": True}


def test_back_off_carries_writes_through(own_url):
    """A table of 5 units is written at far more: its burst goes, the service refuses by its own
    exception and reason, and the SDK's retries bring every write home."""
    impatient = connect(own_url)
    table = make_table(
        impatient, ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5})
    item = {"x": {"S": "y" * 20_000}}
    written = 0
    with pytest.raises(impatient.exceptions.ProvisionedThroughputExceededException) as caught:
        for written in range(100):
            impatient.put_item(TableName=table, Item={"pk": {"S": str(written)}, **item})
    # 300 seconds of 5 units are 1,500 units, at 20 a write; more come in while it lasts.
    assert 74 <= written <= 85
    reasons = caught.value.response["ThrottlingReasons"]
    assert reasons[0]["reason"] == "TableWriteProvisionedThroughputExceeded"
    patient = boto3.client(
        "dynamodb", endpoint_url=own_url, region_name="us-east-1", aws_access_key_id="id",
        aws_secret_access_key="secret",
        config=botocore.config.Config(retries={"total_max_attempts": 30, "mode": "standard"}))
    small = {"x": {"S": "y" * 10_000}}
    retries = 0
    for number in range(3):
        answer = patient.put_item(TableName=table, Item={"pk": {"S": f"s{number}"}, **small})
        retries += answer["ResponseMetadata"]["RetryAttempts"]
    assert retries > 0


def test_a_backup_becomes_a_new_table(shell):
    shell("""aws dynamodb create-table --table-name Orders \
      --attribute-definitions AttributeName=orderID,AttributeType=S \
      --key-schema AttributeName=orderID,KeyType=HASH \
      --provisioned-throughput ReadCapacityUnits=1,WriteCapacityUnits=1""")
    shell("""aws dynamodb put-item --table-name Orders --item '{"orderID": {"S": "17"}}'""")
    shell("""aws dynamodb update-continuous-backups --table-name Orders \
      --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true""")
    made = shell("aws dynamodb create-backup --table-name Orders --backup-name before")
    arn = made["BackupDetails"]["BackupArn"]
    shell("""aws dynamodb delete-item --table-name Orders --key '{"orderID": {"S": "17"}}'""")
    shell(f"""aws dynamodb restore-table-from-backup --target-table-name OrdersBefore \
      --backup-arn {arn}""")
    shell("aws dynamodb wait table-exists --table-name OrdersBefore")
    assert shell("aws dynamodb scan --table-name OrdersBefore")["Items"] == [
        {"orderID": {"S": "17"}}]
    assert shell("aws dynamodb scan --table-name Orders")["Items"] == []
    shell("""aws dynamodb restore-table-to-point-in-time --source-table-name Orders \
      --target-table-name OrdersNow --use-latest-restorable-time""")
    shell("aws dynamodb wait table-exists --table-name OrdersNow")
    assert shell("aws dynamodb scan --table-name OrdersNow")["Count"] == 0


OWN_ITEMS = {
    "Version": "2012-10-17",
    "Statement": [{
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query",
                   "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
                   "dynamodb:BatchWriteItem"],
        "Resource": ["arn:aws:dynamodb:us-east-1:123456789012:table/Records"],
        "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}}]}
ADMIN = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}}


def test_a_user_reads_only_their_own_items(tmp_path):
    (tmp_path / "own.json").write_text(json.dumps(OWN_ITEMS))
    (tmp_path / "admin.json").write_text(json.dumps(ADMIN))
    (tmp_path / "users.yaml").write_text(
        "users:\n"
        "  - {name: dynamodb_admin, keys: [{id: AKIAADMIN, secret: a}], policies: [admin.json]}\n"
        "  - {name: bob, keys: [{id: AKIABOB, secret: b}], policies: [own.json]}\n")
    with serving("--auth", "required", "--users", str(tmp_path / "users.yaml")) as url:
        admin = Terminal(url, tmp_path, "AKIAADMIN", "a")
        bob = Terminal(url, tmp_path, "AKIABOB", "b")
        admin("""aws dynamodb create-table --table-name Records --billing-mode PAY_PER_REQUEST \
          --attribute-definitions AttributeName=userId,AttributeType=S \
          --key-schema AttributeName=userId,KeyType=HASH""")
        for user in ("bob", "eve"):
            admin(f"""aws dynamodb put-item --table-name Records \
              --item '{{"userId": {{"S": "{user}"}}, "note": {{"S": "of {user}"}}}}'""")

        def get(user):
            return f"""aws dynamodb get-item --table-name Records \
              --key '{{"userId": {{"S": "{user}"}}}}'"""
        assert bob(get("bob"))["Item"]["note"] == {"S": "of bob"}
        # The same words for an item that is there and for one that is not.
        refusals = {bob(get(user), fails=True).replace(user, "X") for user in ("eve", "nobody")}
        assert len(refusals) == 1 and "AccessDeniedException" in refusals.pop()
        assert "AccessDeniedException" in bob("aws dynamodb scan --table-name Records", fails=True)
        # Nor does a condition tell anything of items that are not theirs.
        told = {
            bob(f"""aws dynamodb put-item --table-name Records \
              --item '{{"userId": {{"S": "{user}"}}}}' \
              --condition-expression 'attribute_not_exists(userId)'""", fails=True)
            for user in ("eve", "nobody")}
        assert len(told) == 1 and "AccessDeniedException" in told.pop()
