"""What goes wrong around a call: the store vanishes, is read-only or full, and how workers of every kind get the object."""

from __future__ import annotations

import os
import re

import heirloom
import pytest
from heirloom import Store

MODULE = """
    import os, heirloom
    @heirloom.cached
    def table(x):
        log = os.open("built", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(log, b"x")
        os.close(log)
        return [x]
"""


def test_a_store_that_vanishes_costs_builds_and_a_warning(project):
    project.write("etl.py", MODULE)
    program = """
        import shutil, warnings, etl
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            kept = etl.table(1)
            shutil.rmtree(".heirloom")
            assert etl.table(1) is kept
            print(etl.table(2), etl.table(3), etl.table(2) is etl.table(2))
        print({one.category.__name__ for one in told})
    """
    assert project.run(program) == "[2] [3] True\n{'HeirloomWarning'}"
    assert project.run("import etl; print(etl.table(2))") == "[2]"


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_a_read_only_store_still_hands_down(project):
    project.write("etl.py", "import heirloom\n@heirloom.cached\ndef table(x): print('built'); return [x]\n")
    assert project.run("import etl; print(etl.table(1))") == "built\n[1]"
    for path in [project.folder / ".heirloom", *(project.folder / ".heirloom").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    program = """
        import warnings, etl
        warnings.simplefilter("ignore")
        print(etl.table(1), etl.table(2), etl.table(2) is etl.table(2))
    """
    told = project.run(program)
    assert told.splitlines()[-1] == "[1] [2] True"


def test_a_full_disk_costs_a_warning_and_never_the_object(project):
    project.write("etl.py", "import heirloom\n@heirloom.cached\ndef table(x): return bytes(3_000_000)\n")
    program = """
        import resource, signal, warnings, etl
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        etl.table.state(1)
        # Whoever writes past the limit is refused, as on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            kept = etl.table(1)
            print(len(kept), etl.table(1) is kept, etl.table.state(1), *(one.category.__name__ for one in told))
    """
    assert project.run(program) == "3000000 True State.IN_MEMORY HeirloomWarning"


def test_workers_of_every_kind_share_one_build(project):
    project.write("etl.py", MODULE)
    program = """
        import etl, multiprocessing
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
        if __name__ == "__main__":
            with ThreadPoolExecutor(4) as pool:
                print(list(pool.map(etl.table, [1] * 4)))
            for method in ("fork", "spawn", "forkserver"):
                with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
                    print(list(pool.map(etl.table, [1, 1])), pool.submit(etl.table.handle(1).get).result())
    """
    told = project.run(program).splitlines()
    assert told == ["[[1], [1], [1], [1]]"] + ["[[1], [1]] [1]"] * 3
    assert (project.folder / "built").read_text() == "x"


def test_joblib_workers_share_one_build(project):
    pytest.importorskip("joblib", reason="joblib is not installed: pip install joblib")
    project.write("etl.py", MODULE)
    for backend in ("loky", "threading", "multiprocessing"):
        program = f"""
            import etl
            from joblib import Parallel, delayed
            if __name__ == "__main__":
                print(Parallel(n_jobs=2, backend={backend!r})(delayed(etl.table)(1) for _ in range(4)))
        """
        assert project.run(program) == "[[1], [1], [1], [1]]"
    assert (project.folder / "built").read_text() == "x"


WRONG = [
    ({"ttl": 3}, 'ttl= takes a duration such as "1h", or a timedelta, not 3'),
    ({"epoch": 7}, 'epoch= takes a duration such as "7d", or a timedelta, not 7'),
    ({"schema": "2"}, "schema= takes a number from 0 up, not '2'"),
    ({"schema": True}, "schema= takes a number from 0 up, not True"),
    ({"migrate": {1: 2}}, "migrate= takes a dict such as {1: from_v1}, not {1: 2}"),
    ({"traits": 3}, "traits= takes a function of the object, not 3"),
    ({"key": "x"}, "key= takes a function of the arguments, not 'x'"),
    ({"files": "data.csv"}, "files= takes a list of paths or patterns: files=['data/*.csv'], not 'data.csv'"),
    ({"files": [3]}, "files= takes a list of paths or patterns: files=['data/*.csv'], not [3]"),
    ({"name": ""}, "name= takes a text such as \"tables\", not ''"),
    ({"ignore": 3}, "ignore= takes a tuple of names, not 3"),
    ({"code": 3}, 'code= takes "closure", "function", "files" or "manual", not 3'),
    ({"depends_on": print}, "depends_on= takes a list of functions, classes and values, not <built-in function print>"),
    ({"ignore_code": "etl.log"}, "ignore_code= takes a list of functions, classes and dotted names, not 'etl.log'"),
    ({"record_trace": 3}, "record_trace= takes a path, not 3"),
    ({"versions": ["dev1"]}, "versions= takes a dict such as {'dev1': 3}, with counters from 0 up, not ['dev1']"),
    ({"store": 3}, "a store lies in a folder, given by its path, or in memory only (None), not in 3"),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG)
def test_a_wrong_type_is_refused_where_it_is_written(options, sentence):
    with pytest.raises(TypeError) as caught:
        heirloom.cached(**options)(lambda x: x)
    assert str(caught.value) == sentence


def test_a_store_is_asked_for_what_it_is():
    for work, sentence in [
        (lambda: Store("x", patience=3), "patience= takes a timedelta, not 3"),
        (lambda: Store("x", settings=3), "settings= takes the path of a heirloom.toml, True or None, not 3"),
        (lambda: heirloom.using("x").__enter__(), "a store is a heirloom.Store, such as Store('x'), not 'x'"),
        (lambda: heirloom.set_default_store("x"), "a store is a heirloom.Store, such as Store('x'), not 'x'"),
    ]:
        with pytest.raises(TypeError) as caught:
            work()
        assert str(caught.value) == sentence


def test_a_call_that_python_would_refuse_is_refused_in_its_words():
    table = Store().cached(lambda x, y=1: [x], name="f")
    for call, sentence in [
        (table, "<lambda>() missing 1 required positional argument: 'x'"),
        (lambda: table(1, 2, 3), "<lambda>() takes from 1 to 2 positional arguments but 3 were given"),
        (lambda: table(1, z=2), "<lambda>() got an unexpected keyword argument 'z'"),
        (lambda: table.state(1, x=2), "<lambda>() got multiple values for argument 'x'"),
    ]:
        with pytest.raises(TypeError, match=re.escape(sentence)):
            call()
