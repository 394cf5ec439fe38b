"""Tables and indexes: creation, description, change, deletion, tags; what is not built."""
import json
import urllib.error
import urllib.request

import botocore.session
import pytest
from conftest import NAMES, index, key_schema, make_table, refusal, wait_active

DEFINED = [{"AttributeName": "pk", "AttributeType": "S"}]
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
INVALID = "One or more parameter values were invalid: "


def test_life_of_a_table(client):
    name = next(NAMES)
    created = client.create_table(
        TableName=name, KeySchema=key_schema("pk"), AttributeDefinitions=DEFINED,
        ProvisionedThroughput=UNITS)["TableDescription"]
    assert created["TableStatus"] == "CREATING"
    table = wait_active(client, name)
    assert table["TableName"] == name
    assert table["KeySchema"] == key_schema("pk")
    assert table["AttributeDefinitions"] == DEFINED
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert table["ItemCount"] == 0
    assert name in client.list_tables()["TableNames"]
    assert refusal(
        client.create_table, TableName=name, KeySchema=key_schema("pk"),
        AttributeDefinitions=DEFINED, ProvisionedThroughput=UNITS) == (
        "ResourceInUseException", f"Table already exists: {name}")
    assert client.delete_table(TableName=name)["TableDescription"]["TableStatus"] == "DELETING"
    assert refusal(client.describe_table, TableName=name) == (
        "ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")


@pytest.mark.parametrize("more, message", [
    ({"BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": UNITS},
     INVALID + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode "
     "is PAY_PER_REQUEST"),
    ({}, INVALID + "ReadCapacityUnits and WriteCapacityUnits must both be specified when "
     "BillingMode is PROVISIONED"),
    ({"BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": DEFINED + [
        {"AttributeName": "x", "AttributeType": "S"}]},
     INVALID + "Number of attributes in KeySchema does not exactly match number of attributes "
     "defined in AttributeDefinitions"),
    ({"BillingMode": "PAY_PER_REQUEST", "LocalSecondaryIndexes": [index("byL", "pk", "l")]},
     INVALID + "Table KeySchema does not have a range key, which is required when specifying a "
     "LocalSecondaryIndex"),
    ({"BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": [index("byG", "g")]},
     INVALID + "Some index key attributes are not defined in AttributeDefinitions. Keys: [g], "
     "AttributeDefinitions: [pk]"),
    ({"BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": []},
     INVALID + "List of GlobalSecondaryIndexes is empty"),
    ({"BillingMode": "NO"}, "1 validation error detected: Value 'NO' at 'billingMode' failed to "
     "satisfy constraint: Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]"),
])
def test_creation_is_refused(client, more, message):
    parameters = dict(
        TableName=next(NAMES), KeySchema=key_schema("pk"), AttributeDefinitions=DEFINED)
    parameters.update(more)
    assert refusal(client.create_table, **parameters) == ("ValidationException", message)


def test_change_of_throughput(client):
    name = make_table(client, ProvisionedThroughput=UNITS)
    same = refusal(client.update_table, TableName=name, ProvisionedThroughput=UNITS)
    assert same[0] == "ValidationException"
    assert same[1].startswith("The provisioned throughput for the table will not change.")
    more = {"ReadCapacityUnits": 10, "WriteCapacityUnits": 7}
    client.update_table(TableName=name, ProvisionedThroughput=more)
    throughput = wait_active(client, name)["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (10, 7)
    client.update_table(TableName=name, BillingMode="PAY_PER_REQUEST")
    assert wait_active(client, name)["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    client.delete_table(TableName=name)


def test_index_comes_and_goes(client):
    name = make_table(client)
    for number in range(5):
        client.put_item(TableName=name, Item={"pk": {"S": str(number)}, "g": {"S": "x"}})
    client.put_item(TableName=name, Item={"pk": {"S": "other"}, "g": {"N": "1"}})
    client.update_table(
        TableName=name, AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": index("byG", "g", projection="KEYS_ONLY")}])
    wait_active(client, name)
    found = client.query(
        TableName=name, IndexName="byG", KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "x"}})
    assert found["Count"] == 5
    client.update_table(
        TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "byG"}}])
    assert "GlobalSecondaryIndexes" not in wait_active(client, name)
    client.delete_table(TableName=name)


def test_protection(client):
    name = make_table(client, DeletionProtectionEnabled=True)
    assert refusal(client.delete_table, TableName=name)[0] == "ValidationException"
    client.update_table(TableName=name, DeletionProtectionEnabled=False)
    wait_active(client, name)
    client.delete_table(TableName=name)


def test_tags(client, plain):
    arn = client.describe_table(TableName=plain)["Table"]["TableArn"]
    client.tag_resource(
        ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    client.untag_resource(ResourceArn=arn, TagKeys=["b"])
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]


def test_list_by_pages(client):
    names = sorted(make_table(client) for _ in range(3))
    found, start = [], {}
    while True:
        page = client.list_tables(Limit=1, **start)
        found += page["TableNames"]
        if "LastEvaluatedTableName" not in page:
            break
        start = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}
    assert found == sorted(found)
    assert set(names) <= set(found)
    for name in names:
        client.delete_table(TableName=name)


def test_limits_and_endpoints(client):
    assert client.describe_limits()["TableMaxReadCapacityUnits"] == 40_000
    assert client.describe_endpoints()["Endpoints"][0]["CachePeriodInMinutes"] == 1440


def test_every_operation_of_the_models(url):
    """What is not built answers UnknownOperationException; nothing answers 500."""
    session = botocore.session.get_session()
    for service, prefix in [
            ("dynamodb", "DynamoDB_20120810"), ("dynamodbstreams", "DynamoDBStreams_20120810")]:
        for name in session.get_service_model(service).operation_names:
            request = urllib.request.Request(
                url, data=b"{}", headers={
                    "X-Amz-Target": f"{prefix}.{name}",
                    "Content-Type": "application/x-amz-json-1.0"})
            try:
                status = urllib.request.urlopen(request).status
            except urllib.error.HTTPError as error:
                status = error.code
                kind = json.load(error)["__type"].split("#")[1]
                assert kind in ("ValidationException", "UnknownOperationException"), name
            assert status in (200, 400), name
