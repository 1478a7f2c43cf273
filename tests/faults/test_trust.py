"""Somebody can write to the store, knows every format, and has no key: no code runs, no foreign value is served.

The forger (``forge.py``) makes every digest right that is not keyed. Promises: the marker file of a malicious pickle never
appears. Refuses: an attacker who reads the key, who is the same user.
"""

from __future__ import annotations

import os
import pickle
import stat
from pathlib import Path

import forge
import heirloom
import numpy as np
import pytest
from stage import CALLS, ask_all, declare, in_child


class Evil:
    """Leaves a marker when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return (Path.touch, (self.marker,))


@pytest.fixture
def store(tmp_path):
    folder = tmp_path / "store"
    assert len(in_child(lambda: ask_all(folder))["built"]) == len(CALLS)
    return folder


@pytest.fixture
def evil(tmp_path):
    return pickle.dumps(Evil(tmp_path / "went-off"), protocol=5)


def harmless(store, tmp_path, *, built):
    """A victim asks for everything: it is all right, this much is built anew, and nothing went off."""
    report = in_child(lambda: ask_all(store))
    assert report["wrong"] == report["raised"] == []
    assert len(report["built"]) == built, report["told"]
    assert not (tmp_path / "went-off").exists()
    assert in_child(lambda: ask_all(store))["built"] == [], "and is kept again"
    return report


def test_the_forger_can_do_all_that_needs_no_key(store):
    assert forge.replace_payloads(store, lambda frames: frames) == len(CALLS)
    assert in_child(lambda: ask_all(store))["built"] == [], "what says the same is believed still"


def test_a_forged_store_runs_no_code(store, tmp_path, evil):
    assert forge.replace_payloads(store, lambda frames: [evil, *frames[1:]]) == len(CALLS)
    report = harmless(store, tmp_path, built=len(CALLS))
    assert len([told for told in report["told"] if "its MAC does not hold" in told]) == 1, "told once"


def test_forged_records_behind_a_lost_registry_run_no_code(store, tmp_path, evil):
    forge.replace_payloads(store, lambda frames: [evil])
    for path in (store / "v1").glob("registry.sqlite*"):
        path.unlink()
    harmless(store, tmp_path, built=len(CALLS))


def test_only_blobs_or_only_records_are_forged(store, tmp_path, evil):
    for path in (store / "v1" / "blobs").rglob("*.blob"):
        path.unlink()
        path.write_bytes(forge.blob_of([evil]))
    with forge.registry(store) as connection:
        # What stands in the registry itself is not read from its blob.
        ((outside,),) = connection.execute("SELECT count(*) FROM entries WHERE inline IS NULL").fetchall()
    connection.close()
    assert outside
    harmless(store, tmp_path, built=outside)


def test_numbers_in_an_array_cannot_be_changed(store, tmp_path):
    def change(frames):
        return [frames[0], *(bytes(len(frame)) for frame in frames[1:])]

    forge.replace_payloads(store, change)
    harmless(store, tmp_path, built=sum(kind == "array" for kind, _ in CALLS))


def test_rows_of_two_keys_change_places(store, tmp_path):
    with forge.registry(store) as connection:
        (first, *a), (second, *b) = connection.execute("SELECT id, entry, key FROM entries ORDER BY id LIMIT 2").fetchall()
        connection.execute("UPDATE entries SET entry = zeroblob(32) WHERE id = ?", (first,))
        connection.execute("UPDATE entries SET entry = ?, key = ? WHERE id = ?", (*a, second))
        connection.execute("UPDATE entries SET entry = ?, key = ? WHERE id = ?", (*b, first))
    connection.close()
    harmless(store, tmp_path, built=2)


def test_an_attacker_who_runs_heirloom_with_another_key(tmp_path):
    store, marker = tmp_path / "store", tmp_path / "went-off"

    def attack():
        mine = heirloom.Store(store, settings=None)
        mine.key_file = tmp_path / "attacker" / "key"

        @mine.cached(name="fault-value", code="manual")
        def make(kind, size):
            return Evil(marker) if size == 1_500 else np.zeros(size, np.uint8)

        for call in CALLS:
            make(*call)

    in_child(attack)
    marker.unlink(missing_ok=True)
    report = harmless(store, tmp_path, built=len(CALLS))
    assert any("it was kept with the key" in told for told in report["told"])


def test_a_team_shares_a_key(tmp_path):
    store, line = tmp_path / "store", "heirloom-team-key 1 " + "5a" * 32

    def colleague(name):
        def ask():
            os.environ["XDG_CONFIG_HOME"] = str(tmp_path / name)
            keys = tmp_path / name / "heirloom" / "keys"
            keys.mkdir(parents=True)
            (keys / "team").write_text(line)
            (keys / "team").chmod(0o600)
            (tmp_path / "heirloom.toml").write_text('key = "team"\n')
            shared = heirloom.Store(store)

            @shared.cached(name="shared", code="manual")
            def make():
                return name

            return make()

        return ask

    assert in_child(colleague("anna")) == "anna"
    assert in_child(colleague("bob")) == "anna", "handed down by a colleague"


def test_a_key_that_is_named_and_not_there_keeps_nothing(tmp_path):
    (tmp_path / "heirloom.toml").write_text('key = "nobody-has-this"\n')
    store = heirloom.Store(tmp_path / "store")

    @store.cached(name="keyless")
    def make():
        return [1]

    with pytest.warns(heirloom.HeirloomWarning, match="heirloom keys import"):
        assert make() == [1]
    assert not any((tmp_path / "store" / "v1" / "blobs").rglob("*.blob"))


def test_a_store_is_its_owners_and_one_that_others_can_write_to_is_told(tmp_path):
    make = declare(tmp_path / "own")
    make("text", 1_500)
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.warns(heirloom.HeirloomWarning, match="others can write to the store"):
        declare(tmp_path / "open")("text", 1_500)


def test_a_link_or_a_pipe_in_a_store_leads_nowhere(store, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("precious")
    files = sorted(path for path in (store / "v1").rglob("*") if path.is_file())
    for number, path in enumerate(files):
        path.unlink()
        if number % 2:
            path.symlink_to(outside)
        else:
            os.mkfifo(path)
    report = in_child(lambda: ask_all(store))
    assert report["wrong"] == report["raised"] == []
    assert outside.read_text() == "precious"
    assert in_child(lambda: ask_all(store))["built"] == []
