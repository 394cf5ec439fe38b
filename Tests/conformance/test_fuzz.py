"""Requests that no SDK would send: never a hang, never a 500, and the server lives on.

Valid bodies are changed at random places: values replaced by others of any type and size, members
dropped or doubled, bytes cut or flipped. The seed is in the test's name; replay with
`run -k 'test_fuzzed_body[7]'`.
"""
import copy
import json
import random
import urllib.error
import urllib.request

import pytest

KEY = {"pk": {"S": "a"}}
TABLE = {
    "TableName": "fuzz", "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "g", "AttributeType": "N"}],
    "GlobalSecondaryIndexes": [{
        "IndexName": "byG", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]}}]}
ITEM = {**KEY, "g": {"N": "1.5"}, "x": {"L": [{"M": {"y": {"SS": ["a"]}}}, {"B": "AAEC"}]}}
VALUES = {":v": {"N": "1"}, ":w": {"L": []}}
BODIES = [
    ("CreateTable", {**TABLE, "WarmThroughput": {
        "ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000}}),
    ("UpdateTable", {
        "TableName": "fuzz", "BillingMode": "PROVISIONED", "ProvisionedThroughput": {
            "ReadCapacityUnits": 5, "WriteCapacityUnits": 5}, "GlobalSecondaryIndexUpdates": [
            {"Update": {"IndexName": "byG", "ProvisionedThroughput": {
                "ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}}]}),
    ("DescribeTable", {"TableName": "fuzz"}), ("ListTables", {"Limit": 5}),
    ("PutItem", {"TableName": "fuzz", "Item": ITEM, "ReturnValues": "ALL_OLD", "Expected": {
        "q": {"Exists": False}, "g": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [
            {"N": "0"}, {"N": "9"}]}}}),
    ("GetItem", {"TableName": "fuzz", "Key": KEY, "ProjectionExpression": "x[0].y, #g",
                 "ExpressionAttributeNames": {"#g": "g"}}),
    ("UpdateItem", {
        "TableName": "fuzz", "Key": KEY, "ReturnValues": "UPDATED_NEW",
        "UpdateExpression": "SET z = if_not_exists(z, :w), g = g + :v REMOVE x[0].y, q ADD n :v",
        "ConditionExpression": "attribute_exists(pk) AND NOT (g < :v OR size(x) IN (:v, g))",
        "ExpressionAttributeValues": VALUES}),
    ("DeleteItem", {"TableName": "fuzz", "Key": KEY, "ConditionExpression": "g BETWEEN :v AND :v",
                    "ExpressionAttributeValues": {":v": {"N": "1"}}}),
    ("Query", {"TableName": "fuzz", "IndexName": "byG", "KeyConditionExpression": "g = :v",
               "ExpressionAttributeValues": {":v": {"N": "1.5"}}, "Limit": 3,
               "ExclusiveStartKey": {**KEY, "g": {"N": "1.5"}}}),
    ("Scan", {"TableName": "fuzz", "Segment": 1, "TotalSegments": 3, "Limit": 2,
              "ScanFilter": {
                  "g": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "0"}]}}}),
    ("BatchGetItem", {"RequestItems": {"fuzz": {"Keys": [KEY], "AttributesToGet": ["x"]}}}),
    ("BatchWriteItem", {"RequestItems": {"fuzz": [
        {"PutRequest": {"Item": ITEM}}, {"DeleteRequest": {"Key": {"pk": {"S": "b"}}}}]}}),
    ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "fuzz", "Key": KEY}}]}),
    ("TransactWriteItems", {"ClientRequestToken": "t", "TransactItems": [
        {"Put": {"TableName": "fuzz", "Item": ITEM}},
        {"Update": {"TableName": "fuzz", "Key": {"pk": {"S": "c"}},
                    "UpdateExpression": "ADD n :v", "ExpressionAttributeValues": {
                        ":v": {"N": "1"}}}}]}),
]
STRANGE = [
    None, True, False, 0, -1, 1, 2**31, 2**63, -2**63 - 1, 1e308, 0.5, "", "a", "\u0000",
    "x" * 3000,
    "9" * 130, "1e400", "-", [], {}, [[]], {"": None}, [None], {"S": "a"}, {"N": "1e125"},
    {"L": [{}]}, {"M": {"": {"N": "-0"}}}, {"B": "=="}, {"NS": ["1", "1"]}, "#", ":v", "((((",
    "SET", "a[99999999999]", "a.b.c.d = :v", "size(size(a))", "arn:aws:dynamodb:", "fuzz", "byG"]


def places(value, path=()):
    """Paths to everything inside a body."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], path + (key,))
    if isinstance(value, list):
        for position in range(len(value)):
            yield from places(value[position], path + (position,))


def change(body, dice):
    found = [path for path in places(body) if path]
    if not found:
        return
    path = dice.choice(found)
    holder = body
    for step in path[:-1]:
        holder = holder[step]
    kind = dice.random()
    if kind < 0.7:
        holder[path[-1]] = copy.deepcopy(dice.choice(STRANGE))
    elif kind < 0.85:
        del holder[path[-1]]
    elif isinstance(holder, list):
        holder.append(copy.deepcopy(holder[path[-1]]))
    else:
        holder[str(dice.choice(STRANGE))] = copy.deepcopy(holder[path[-1]])


def send(url, operation, body):
    request = urllib.request.Request(url, data=body, headers={
        "X-Amz-Target": "DynamoDB_20120810." + operation,
        "Content-Type": "application/x-amz-json-1.0"})
    try:
        return urllib.request.urlopen(request, timeout=20).status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("seed", range(20))
def test_fuzzed_body(url, seed):
    dice = random.Random(seed)
    send(url, "CreateTable", json.dumps(TABLE).encode())
    for _ in range(150):
        operation, body = copy.deepcopy(dice.choice(BODIES))
        for _ in range(dice.choice([1, 1, 1, 2, 4])):
            change(body, dice)
        text = bytearray(json.dumps(body).encode())
        if dice.random() < 0.1:
            text[dice.randrange(len(text))] = dice.randrange(256)
        if dice.random() < 0.05:
            del text[dice.randrange(len(text)):]
        status = send(url, operation, bytes(text))
        assert status in (200, 400), (operation, bytes(text)[:2000])
    assert send(url, "DescribeTable", b'{"TableName":"fuzz"}') == 200
