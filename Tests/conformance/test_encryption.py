"""Data on disk is sealed: not to be read in the files, nor served with a wrong key or none."""
import os
import re
import subprocess

from conftest import connect, make_table

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
