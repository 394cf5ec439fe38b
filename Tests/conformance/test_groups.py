"""Batches and transactions."""
import uuid

import botocore.exceptions
import pytest
from conftest import refusal


def key(name):
    return {"pk": {"S": name}}


def test_batch_write_and_get(client, plain):
    puts = [{"PutRequest": {"Item": key(f"batch {n}")}} for n in range(25)]
    assert client.batch_write_item(RequestItems={plain: puts})["UnprocessedItems"] == {}
    got = client.batch_get_item(RequestItems={plain: {
        "Keys": [key(f"batch {n}") for n in range(30)]}}, ReturnConsumedCapacity="TOTAL")
    assert len(got["Responses"][plain]) == 25
    assert got["UnprocessedKeys"] == {}
    assert got["ConsumedCapacity"] == [{"TableName": plain, "CapacityUnits": 15.0}]
    deletes = [{"DeleteRequest": {"Key": key(f"batch {n}")}} for n in range(25)]
    client.batch_write_item(RequestItems={plain: deletes})
    got = client.batch_get_item(RequestItems={plain: {"Keys": [key("batch 0")]}})
    assert got["Responses"] == {plain: []}


@pytest.mark.parametrize("call, request_items, message", [
    ("batch_get_item", {}, "The requestItems parameter is required for BatchGetItem"),
    ("batch_write_item", {}, "The requestItems parameter is required for BatchWriteItem"),
    ("batch_get_item", {"Keys": [key("a"), key("a")]},
     "Provided list of item keys contains duplicates"),
    ("batch_write_item", [{"PutRequest": {"Item": key("a")}}, {"DeleteRequest": {"Key": key("a")}}],
     "Provided list of item keys contains duplicates"),
    ("batch_get_item", {"Keys": [{"x": {"S": "a"}}]},
     "The provided key element does not match the schema"),
])
def test_batch_is_refused(client, plain, call, request_items, message):
    items = {plain: request_items} if request_items else {}
    assert refusal(getattr(client, call), RequestItems=items) == ("ValidationException", message)


def put(table, name, **more):
    return {"Put": {"TableName": table, "Item": {**key(name), "n": {"N": "1"}}, **more}}


def test_transaction_is_all_or_nothing(client, plain):
    client.put_item(TableName=plain, Item=key("there"))
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        client.transact_write_items(TransactItems=[
            put(plain, "new"),
            put(plain, "there", ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD")])
    response = caught.value.response
    assert response["Error"]["Code"] == "TransactionCanceledException"
    assert response["Error"]["Message"] == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[None, ConditionalCheckFailed]")
    assert response["CancellationReasons"] == [{"Code": "None"}, {
        "Code": "ConditionalCheckFailed", "Message": "The conditional request failed",
        "Item": key("there")}]
    assert "Item" not in client.get_item(TableName=plain, Key=key("new"))


def test_transaction_costs_double(client, plain):
    answer = client.transact_write_items(
        TransactItems=[put(plain, "cost 1"), put(plain, "cost 2")],
        ReturnConsumedCapacity="INDEXES")
    arm = {"CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}
    assert answer["ConsumedCapacity"] == [{"TableName": plain, **arm, "Table": arm}]
    answer = client.transact_get_items(
        TransactItems=[{"Get": {"TableName": plain, "Key": key("cost 1")}}],
        ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == [
        {"TableName": plain, "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}]


def test_token_makes_repetition_harmless(client, plain):
    token = str(uuid.uuid4())
    add = [{"Update": {
        "TableName": plain, "Key": key("counter " + token), "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}}}}]
    for _ in range(3):
        client.transact_write_items(TransactItems=add, ClientRequestToken=token)
    got = client.get_item(TableName=plain, Key=key("counter " + token))
    assert got["Item"]["n"] == {"N": "1"}
    assert refusal(
        client.transact_write_items, TransactItems=[put(plain, "x")],
        ClientRequestToken=token)[0] == "IdempotentParameterMismatchException"


@pytest.mark.parametrize("items, message", [
    ([], "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: "
     "Member must have length greater than or equal to 1"),
    ("twice", "Transaction request cannot include multiple operations on one item"),
])
def test_transaction_is_refused(client, plain, items, message):
    if items == "twice":
        items = [put(plain, "a"), {"Delete": {"TableName": plain, "Key": key("a")}}]
    assert refusal(client.transact_write_items, TransactItems=items) == (
        "ValidationException", message)
