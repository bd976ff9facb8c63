"""What the drivers of Python clients share.

Arguments in, one JSON line per scenario out, and the scenarios' helpers; see ../README.md for the
contract. Nothing here knows a client.
"""

import json
import os
import queue
import socket
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

SCENARIO_DEADLINE_S = 120
INTERVAL_S = 0.01
AFTER_A_FAILURE_S = 0.05
END_S = 10


class Unsupported(Exception):
    """What the client cannot do, in words that are its own where it has some."""


class Failed(Exception):
    """What a scenario promises does not hold."""


@dataclass(frozen=True)
class Record:
    value: bytes | None
    key: bytes | None = None
    partition: int | None = None
    timestamp: int | None = None
    headers: tuple = ()
    offset: int | None = None


def check(holds, message):
    if not holds:
        raise Failed(message)


def check_equal(got, expected, what):
    check(got == expected, f"{what}: expected {expected!r:.300}, got {got!r:.300}")


def until(what, condition):
    """Asks until the answer is true."""
    deadline = time.monotonic() + SCENARIO_DEADLINE_S / 2
    while not condition():
        check(time.monotonic() < deadline, f"not in time: {what}")
        time.sleep(INTERVAL_S)


def reason_of(error):
    """All that an error and its causes say."""
    text = str(error).split("\n", maxsplit=1)[0]
    words = text if isinstance(error, (Unsupported, Failed)) else f"{type(error).__name__}: {text}"
    return (words if error.__cause__ is None else f"{words}: {reason_of(error.__cause__)}")[:600]


def in_background(function, *args):
    """A future of what the function returns, in a thread that nobody needs to wait for."""
    future = Future()

    def work():
        try:
            future.set_result(function(*args))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future


class Polling:
    """Reads in a thread of its own, the only one that touches the client's consumer."""

    def __init__(self, consumer, poll, assigned, close):
        """Takes the client's calls for the next records, the assigned partitions and the end."""
        self.consumer = consumer
        self.records = []
        self._assigned = []
        self._poll, self._ask_assigned, self._close = poll, assigned, close
        self._calls = queue.SimpleQueue()
        self._open = True
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self):
        while self._open:
            failed = self._read()
            with suppress(queue.Empty):
                future, function = self._calls.get(failed, AFTER_A_FAILURE_S)
                try:
                    future.set_result(function())
                except Exception as error:
                    future.set_exception(error)

    def _read(self):
        try:
            self.records.extend(self._poll())
            self._assigned = self._ask_assigned()
        except Exception as error:
            print(reason_of(error), file=sys.stderr)
            return True
        return False

    def call(self, function):
        future = Future()
        self._calls.put((future, function))
        return future.result(timeout=SCENARIO_DEADLINE_S)

    def partitions(self):
        return list(self._assigned) if self._open else []

    def next_offsets(self):
        """By partition, what follows the records that were read."""
        return {record.partition: record.offset + 1 for record in self.records}

    def close(self):
        if self._open:
            self.call(self._end)

    def _end(self):
        self._open = False
        self._close()


class Run:
    """What one scenario is given."""

    def __init__(self, bootstrap, control, prefix, scenario):
        self.bootstrap = bootstrap
        self.name = f"{prefix}.{scenario}"
        self._control = control
        self._used = []

    def using(self, closable):
        """Keeps what must be closed, and gives it back."""
        self._used.append(closable)
        return closable

    def end(self):
        while self._used:
            with suppress(Exception):
                self._used.pop().close()

    def restart_broker(self):
        """Kills the broker with -9 and starts it again; returns when it is up."""
        host, port = self._control.split(":")
        with (
            socket.create_connection((host, int(port))) as connection,
            suppress(ConnectionResetError),
        ):
            while connection.recv(1024):
                pass


def send_through_restarts(run, send_values):
    """Sends batch after batch while the broker is killed and started again, twice.

    What fails is not sent again. Gives what was acknowledged, in order; the last record is "end".
    """
    acknowledged = []
    numbers = iter(range(sys.maxsize))

    def sent(values):
        try:
            send_values(values)
        except Exception as error:
            print(reason_of(error), file=sys.stderr)
            time.sleep(AFTER_A_FAILURE_S)
            return False
        return True

    def send_batch():
        values = [str(next(numbers)) for _ in range(100)]
        done = sent(values)
        if done:
            acknowledged.extend(values)
        return done

    def send_some():
        count = 0
        while count < 5:
            count += send_batch()

    send_some()
    for _ in range(2):
        restarted = in_background(run.restart_broker)
        while not restarted.done():
            send_batch()
        restarted.result()
        send_some()
    while not sent(["end"]):
        pass
    return acknowledged


def outcome_of(scenario, client, run):
    try:
        in_background(scenario, client, run).result(timeout=SCENARIO_DEADLINE_S)
        return {"outcome": "ok"}
    except Unsupported as error:
        return {"outcome": "unsupported", "reason": reason_of(error)}
    except TimeoutError as error:
        return {
            "outcome": "failed",
            "reason": reason_of(error) or f"not done within {SCENARIO_DEADLINE_S} s",
        }
    except Exception as error:
        return {"outcome": "failed", "reason": reason_of(error)}
    finally:
        with suppress(TimeoutError):
            in_background(run.end).result(timeout=END_S)


def drive(connect_client, version, scenarios):
    """Runs the scenarios that the arguments name: BOOTSTRAP CONTROL PREFIX SCENARIO,SCENARIO..."""
    bootstrap, control, prefix, names = sys.argv[1:]
    print(json.dumps({"version": version}), flush=True)
    for name in names.split(","):
        run = Run(bootstrap, control, prefix, name)
        started = time.monotonic()
        outcome = outcome_of(scenarios.get(name, no_such_scenario), connect_client(run), run)
        spent_ms = round((time.monotonic() - started) * 1000)
        print(json.dumps({"scenario": name, **outcome, "ms": spent_ms}), flush=True)
    # Threads that hang in a client are not waited for.
    os._exit(0)


def no_such_scenario(_client, _run):
    raise Unsupported("no such scenario")
