"""Data on disk is sealed: not to be read in the files, nor served with a wrong key or none."""
import os
import re
import subprocess
import time

from conftest import connect, make_table, refusal

FIRST, SECOND = "0f" * 32, "a7" * 32


class Server:
    """A server on a folder; ended by `stop`, which leaves the folder."""

    def __init__(self, folder, *options):
        command = os.environ["PLIMSOLL"].split() + [
            "serve", "--port", "0", "--data", str(folder), *options]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"https?://\S+:\d+", line)
        self.client = connect(found.group(0)) if found else None

    def stop(self):
        self.process.terminate()
        return self.process.communicate(timeout=30)[1]


def key_file(folder, *keys):
    path = folder / "keys"
    path.write_text("\n".join(keys) + "\n")
    return ("--encryption-key", str(path))


def test_items_are_sealed_and_come_back(tmp_path):
    data = tmp_path / "data"
    server = Server(data, *key_file(tmp_path, FIRST))
    table = make_table(server.client)
    item = {"pk": {"S": "a"}, "word": {"S": "unmistakable"}}
    server.client.put_item(TableName=table, Item=item)
    server.stop()
    for path in data.rglob("*"):
        if path.is_file():
            assert b"unmistakable" not in path.read_bytes(), path

    # Without a key, or with another, nothing is served.
    for options, words in (
            ((), "--encryption-key"), (key_file(tmp_path, SECOND), "which the key file does not")):
        refused = Server(data, *options)
        assert refused.client is None
        assert words in refused.stop()
        assert refused.process.returncode != 0

    # A new key beside the old one, then alone.
    for keys in ((SECOND, FIRST), (SECOND,)):
        server = Server(data, *key_file(tmp_path, *keys))
        assert server.client.get_item(
            TableName=table, Key={"pk": {"S": "a"}})["Item"] == item
        server.stop()


def managed_table(client, key):
    name = make_table(client, SSESpecification={
        "Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})
    client.put_item(TableName=name, Item={"pk": {"S": "a"}, "word": {"S": "unmistakable"}})
    return name


def status(client, table, wanted):
    """The status of a table, waited for."""
    for _ in range(100):
        found = client.describe_table(TableName=table)["Table"]["TableStatus"]
        if found == wanted:
            break
        time.sleep(0.1)
    return found


def test_a_table_goes_with_its_key_and_comes_back(tmp_path):
    keys = tmp_path / "customers"
    keys.mkdir()
    (keys / "orders.key").write_text(SECOND)
    options = (*key_file(tmp_path, FIRST), "--key-directory", str(keys))
    server = Server(tmp_path / "data", *options)
    client = server.client
    table, other = managed_table(client, "orders"), make_table(client)
    description = client.describe_table(TableName=table)["Table"]["SSEDescription"]
    assert description == {
        "Status": "ENABLED", "SSEType": "KMS",
        "KMSMasterKeyArn": "arn:aws:kms:us-east-1:123456789012:key/orders"}
    assert refusal(managed_table, client=client, key="none")[0] == "ValidationException"

    (keys / "orders.key").rename(tmp_path / "away")
    assert status(client, table, "INACCESSIBLE_ENCRYPTION_CREDENTIALS") == (
        "INACCESSIBLE_ENCRYPTION_CREDENTIALS")
    code, message = refusal(client.get_item, TableName=table, Key={"pk": {"S": "a"}})
    assert code == "AccessDeniedException" and "KMS key access denied" in message
    client.put_item(TableName=other, Item={"pk": {"S": "a"}})
    server.stop()

    # A server that starts without the key serves what it can.
    server = Server(tmp_path / "data", *options)
    client = server.client
    assert status(client, table, "INACCESSIBLE_ENCRYPTION_CREDENTIALS") == (
        "INACCESSIBLE_ENCRYPTION_CREDENTIALS")
    assert client.get_item(TableName=other, Key={"pk": {"S": "a"}})["Item"]
    (tmp_path / "away").rename(keys / "orders.key")
    assert status(client, table, "ACTIVE") == "ACTIVE"
    assert client.get_item(TableName=table, Key={"pk": {"S": "a"}})["Item"]
    server.stop()


def test_a_table_can_be_deleted_without_its_key(tmp_path):
    keys = tmp_path / "customers"
    keys.mkdir()
    (keys / "orders.key").write_text(SECOND)
    server = Server(
        tmp_path / "data", *key_file(tmp_path, FIRST), "--key-directory", str(keys))
    client = server.client
    table = managed_table(client, "orders")
    client.update_table(TableName=table, StreamSpecification={
        "StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    client.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    client.put_item(TableName=table, Item={"pk": {"S": "b"}})
    (keys / "orders.key").unlink()
    assert status(client, table, "INACCESSIBLE_ENCRYPTION_CREDENTIALS") == (
        "INACCESSIBLE_ENCRYPTION_CREDENTIALS")
    client.delete_table(TableName=table)
    assert refusal(client.describe_table, TableName=table)[0] == "ResourceNotFoundException"
    # Nothing could be copied, so there is no system backup, which there is of a table with its key.
    assert client.list_backups(BackupType="ALL")["BackupSummaries"] == []
    server.stop()


def reencrypt(folder, *options):
    return subprocess.run(
        [*os.environ["PLIMSOLL"].split(), "reencrypt", "--data", str(folder), *options],
        capture_output=True, text=True, timeout=60)


def test_data_are_sealed_anew_by_a_command(tmp_path):
    keys, data = tmp_path / "customers", tmp_path / "data"
    keys.mkdir()
    (keys / "orders.key").write_text(FIRST)
    more = ("--key-directory", str(keys))
    server = Server(data, *key_file(tmp_path, FIRST), *more)
    table = managed_table(server.client, "orders")
    busy = reencrypt(data, *key_file(tmp_path, FIRST), *more)
    assert busy.returncode == 1 and "in use" in busy.stderr
    server.stop()

    # Both keys are changed; once all is sealed anew the old ones are needed no more.
    (keys / "orders.key").write_text(f"{SECOND}\n{FIRST}\n")
    done = reencrypt(data, *key_file(tmp_path, SECOND, FIRST), *more)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"sealed [\d,]+ values anew in .*\n", done.stdout)
    (keys / "orders.key").write_text(SECOND)
    server = Server(data, *key_file(tmp_path, SECOND), *more)
    assert server.client.get_item(
        TableName=table, Key={"pk": {"S": "a"}})["Item"]["word"]["S"] == "unmistakable"
    server.stop()
    (keys / "orders.key").unlink()
    refused = reencrypt(data, *key_file(tmp_path, SECOND), *more)
    assert refused.returncode == 1 and "the key orders that opens it is missing" in refused.stderr


def test_a_folder_of_something_else_is_left_as_it_is(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for given in (folder, tmp_path / "absent"):
        refused = reencrypt(given, *key_file(tmp_path, FIRST))
        assert refused.returncode == 2
        assert f"--data expects the folder of a server's data: {given}" in refused.stderr
    assert list(folder.iterdir()) == [] and not (tmp_path / "absent").exists()


def test_plain_data_is_not_taken_for_encrypted(tmp_path):
    data = tmp_path / "data"
    server = Server(data)
    make_table(server.client)
    server.stop()
    refused = Server(data, *key_file(tmp_path, FIRST))
    assert refused.client is None
    assert "not encrypted" in refused.stop()


def test_a_key_file_that_is_wrong(tmp_path):
    refused = Server(tmp_path / "data", *key_file(tmp_path, "abc"))
    assert refused.client is None
    assert "line 1 is no key" in refused.stop()
