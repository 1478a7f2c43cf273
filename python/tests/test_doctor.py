"""``python -m heirloom doctor``: what a builder may depend on that nobody can check, told before it bites."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

MODULE = """
import random, time
import heirloom

def noise():
    return random.random()

def plain(x):
    return time.time() + noise()

@heirloom.cached
def quiet(x):
    return [x]

@heirloom.cached
def dated(x):
    return [x, time.time()]

@heirloom.cached
class Grid:
    def __init__(self, rows):
        self.rows = eval(rows)

class Owner:
    @heirloom.cached(ignore=("self",))
    def method(self):
        return time.time()

    @property
    @heirloom.cached
    def width(self):
        return time.time()

answer = 42
"""


@pytest.fixture
def doctor(project):
    project.write("etl.py", MODULE)
    project.write("broken.py", "import etl\nraise ValueError('no such table')\n")

    def ask(*arguments):
        command = [sys.executable, "-m", "heirloom", "doctor", *arguments]
        return subprocess.run(
            command, cwd=project.folder, env=os.environ, text=True, capture_output=True, timeout=60, check=False
        )

    return ask


def test_nothing_found_is_told_and_is_0(doctor):
    done = doctor("etl:quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("etl:quiet: nothing found")


def test_findings_are_sentences_and_are_1(doctor):
    done = doctor("etl:dated")
    assert (done.returncode, done.stderr) == (1, "")
    first, last = done.stdout.splitlines()
    assert first.startswith("etl.dated reaches time.time: the clock")
    assert "pass the moment as an argument" in first
    assert last.startswith("etl:dated: 1 found")


@pytest.mark.parametrize("name", ["etl:Owner.method", "etl:Owner.width", "etl:Grid"])
def test_methods_properties_and_classes_are_examined(doctor, name):
    assert doctor(name).returncode == 1


def test_a_plain_function_is_examined_too_with_all_that_it_reaches(doctor):
    done = doctor("--json", "etl:plain")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert (told["command"], told["format"], told["store"], told["name"]) == ("doctor", 1, None, "etl:plain")
    assert [(one["where"], one["what"]) for one in told["findings"]] == [
        ("etl.noise", "random.random"),
        ("etl.plain", "time.time"),
    ]
    assert all(one["advice"] for one in told["findings"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "it takes one function, not 0"),
        (("etl:quiet", "etl:dated"), "it takes one function, not 2"),
        (("etl",), "`etl` names no function; write module:function"),
        (("--jsn", "etl:quiet"), "there is no option `--jsn`"),
        (("nowhere:quiet",), "there is no module `nowhere`"),
        (("etl.deep:quiet",), "there is no module `etl.deep`"),
        (("etl:quite",), "etl has no `quite`; the nearest is `quiet`"),
        (("etl:Owner.methud",), "etl.Owner has no `methud`; the nearest is `method`"),
        (("etl:answer",), "etl:answer is no function, but int 42"),
        (("broken:table",), "importing broken failed: ValueError: no such table"),
    ],
)
def test_a_wrong_call_is_one_sentence_and_2(doctor, arguments, sentence):
    done = doctor(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_wrong_call_is_a_document_with_json(doctor):
    done = doctor("nowhere:quiet", "--json")
    assert (done.returncode, done.stderr) == (2, "")
    assert json.loads(done.stdout)["error"]["exit_code"] == 2


def test_help_names_the_call(doctor):
    done = doctor("--help")
    assert done.returncode == 0
    assert "python -m heirloom doctor [--json] module:function" in done.stdout
