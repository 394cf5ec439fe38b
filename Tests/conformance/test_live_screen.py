"""The live screen of `plimsoll load` on pseudo-terminals of several kinds.

A small emulator knows what the screen uses (return, up, erase to the end of line or screen, colour)
and fails on anything else, so that nothing depends on one terminal's habits.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import pytest

SCENARIO = """version: 1
name: shop
tables:
  - name: orders
    partition-key: id S
    billing-mode: PROVISIONED
    read-capacity: 100
    write-capacity: 20
    item-count: 500
    item-size: 900B
  - name: customers-with-a-rather-long-name-of-a-table-that-goes-on-and-on
    partition-key: id S
    billing-mode: PAY_PER_REQUEST
    item-count: 100
    item-size: 400B
traffic:
  - name: shop
    rate: 100/s
    operations:
      - {get: orders, name: read}
      - {put: orders, name: write}
      - {get: customers-with-a-rather-long-name-of-a-table-that-goes-on-and-on, name: who}
model: {initial-burst: empty}
run: {duration: 4s, warm-up: 1s}
"""
TOKEN = re.compile(r"\x1b\[(\d*)([AKJm])|([\r\n])|([^\x1b\r\n]+)")


class Screen:
    """Lines of unlimited number; `top` is the first one that a terminal of `rows` still shows."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines, self.line, self.column, self.top = [""], 0, 0, 0

    def feed(self, text):
        place = 0
        for found in TOKEN.finditer(text):
            assert found.start() == place, repr(text[place:found.start()])
            place = found.end()
            number, command, control, plain = found.groups()
            if command == "A":
                self.line -= int(number or 1)
                assert self.line >= self.top, "moved above the top of the terminal"
            elif command == "K":
                self.lines[self.line] = self.lines[self.line][:self.column]
            elif command == "J":
                del self.lines[self.line + 1:]
                self.lines[self.line] = self.lines[self.line][:self.column]
            elif control == "\r":
                self.column = 0
            elif control == "\n":
                self.line += 1
                if self.line == len(self.lines):
                    self.lines.append("")
                self.top = max(self.top, self.line - self.rows + 1)
            elif plain:
                old = self.lines[self.line].ljust(self.column)
                new = old[:self.column] + plain + old[self.column + len(plain):]
                self.lines[self.line] = new
                self.column += len(plain)
                self.widest = max(getattr(self, "widest", 0), len(new))
        assert place == len(text), repr(text[place:])


def run(folder, columns, rows, at=lambda pid, fd, seconds: None, delay=0.0, **environment):
    """Runs the scenario on a terminal; its output and exit code."""
    (folder / "shop.yaml").write_text(SCENARIO)
    command = os.environ["PLIMSOLL"].split() + ["load", "shop.yaml", "--out", "out"]
    command[0] = os.path.abspath(command[0])
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve(command[0], command, {**os.environ, "TERM": "xterm", **environment})
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    output, start = b"", time.monotonic()
    try:
        while time.monotonic() - start < 60:
            at(pid, fd, time.monotonic() - start)
            if select.select([fd], [], [], 0.2)[0]:
                time.sleep(delay)
                try:
                    got = os.read(fd, 200 if delay else 65536)
                except OSError:
                    break
                output += got
        else:
            pytest.fail("did not end")
    finally:
        os.kill(pid, signal.SIGKILL) if time.monotonic() - start >= 60 else None
        status = os.waitpid(pid, 0)[1]
        os.close(fd)
    return output.decode().replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)


def live(text):
    """Of the output, what the screen drew."""
    return text[text.index("shop.yaml\n") + 10:text.index("open loop")]


@pytest.mark.parametrize("columns,rows", [(80, 24), (60, 20), (200, 50), (40, 6)])
def test_fits(tmp_path, columns, rows):
    text, code = run(tmp_path, columns, rows)
    assert code in (0, 3, 4), text
    screen = Screen(columns, rows)
    screen.feed(live(text))
    assert screen.widest < columns
    shown = "\n".join(screen.lines)
    assert "requests" in shown and "0:00:04 of 0:00:04" in shown
    if rows > 6:
        assert "TableWriteProvisionedThroughputExceeded" in shown and "burst" in shown
    assert len([line for line in screen.lines if line]) < rows
    # The summary is broken between words as well, where they are not too long.
    for line in text[text.index("open loop"):].splitlines():
        if columns >= 60 and max(map(len, line.split() or [""])) < columns - 4:
            assert len(line) <= columns, line


def test_colour_is_left_out_on_request(tmp_path):
    assert "\x1b[31m" in live(run(tmp_path, 80, 24)[0])
    assert "\x1b[31m" not in live(run(tmp_path, 80, 24, NO_COLOR="1")[0])


def test_dumb_terminals_get_lines(tmp_path):
    text, _ = run(tmp_path, 80, 24, TERM="dumb")
    assert "\x1b" not in text and "0:00:04 · " in text


def test_resize_and_interruption(tmp_path):
    done = set()

    def at(pid, fd, seconds):
        if seconds > 1 and "narrow" not in done:
            done.add("narrow")
            fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 50, 0, 0))
        if "narrow" in done and seconds > 3 and "stop" not in done:
            done.add("stop")
            os.write(fd, b"\x03")

    text, code = run(tmp_path, 120, 30, at)
    assert code == 130 and "INTERRUPTED" in text
    Screen(120, 30).feed(live(text.replace("^C", "")))


def test_a_slow_reader_misses_frames(tmp_path):
    """It reads a few hundred bytes a second; the run goes on and ends."""
    start = time.monotonic()
    text, code = run(tmp_path, 80, 24, delay=0.1)
    assert code in (0, 3, 4) and "open loop" in text
    assert time.monotonic() - start < 50
