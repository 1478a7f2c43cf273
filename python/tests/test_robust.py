"""What goes wrong around a call: the store vanishes, is read-only or full, and how workers of every kind get the object."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from datetime import timedelta

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


NO_MORE_THAN_OTHERS = """
import ctypes, os
if os.geteuid() == 0:
    # Root writes wherever it likes by two capabilities of Linux; without them it is a user like any other.
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.capget(header, data) == 0
    for at in range(3):
        data[at] &= ~0b110
    assert libc.capset(header, data) == 0
"""


@pytest.mark.skipif(os.geteuid() == 0 and sys.platform != "linux", reason="root can write everywhere")
def test_a_read_only_store_still_hands_down(project):
    project.write("etl.py", "import heirloom\n@heirloom.cached\ndef table(x): print('built'); return [x]\n")
    assert project.run("import etl; print(etl.table(1))") == "built\n[1]"
    for path in [project.folder / ".heirloom", *(project.folder / ".heirloom").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    program = """
        import warnings, etl
        warnings.simplefilter("ignore")
        try: open(".heirloom/new", "w")
        except PermissionError: print("read-only")
        print(etl.table(1), etl.table(2), etl.table(2) is etl.table(2))
    """
    told = project.run(NO_MORE_THAN_OTHERS + textwrap.dedent(program))
    assert told.splitlines() == ["read-only", "built", "[1] [2] True"]


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


MISTYPED = [
    ({"ttl": "7 parsecs"}, "ttl=: `7 parsecs` is not a duration; write for example \"7d\""),
    ({"epoch": "soon"}, "epoch=: `soon` is not a duration"),
    ({"code": "closre"}, "not 'closre'; the nearest is \"closure\""),
    ({"code": "binary"}, "not 'binary'; the nearest is"),
]


@pytest.mark.parametrize(("options", "sentence"), MISTYPED)
def test_what_is_mistyped_in_an_option_is_refused_where_it_is_written(options, sentence):
    with pytest.raises(heirloom.InvalidError, match=re.escape(sentence)):
        heirloom.cached(**options)(lambda x: x)


def test_a_negative_period_is_refused_where_it_is_written():
    with pytest.raises((TypeError, ValueError)):
        heirloom.cached(ttl=timedelta(-1))(lambda x: x)


def test_forgetting_what_lives_in_memory_only_is_counted(heirloom_store):
    in_memory = Store(None).cached(lambda x: [x], name="in memory", code="manual")
    in_memory(1), in_memory(2)
    assert [in_memory.forget(1), in_memory.forget(1), in_memory.forget(3)] == [1, 0, 0]
    assert in_memory.cache_info().currsize == 1
    unsealed = heirloom_store.cached(lambda x: (lambda: x), name="unsealed", code="manual")
    kept = heirloom_store.cached(lambda x: [x], name="kept", code="manual")
    with pytest.warns(heirloom.HeirloomWarning, match="unsealed"):
        unsealed(1)
    kept(1)
    assert [unsealed.forget(1), unsealed.forget(1), kept.forget(1), kept.forget(1)] == [1, 0, 1, 0]


def test_a_process_that_ends_leaves_no_log_to_read_again(project):
    project.write("etl.py", MODULE)
    project.run("import etl; etl.table(1)")
    assert not list((project.folder / ".heirloom").rglob("*-wal"))
    assert project.run("import etl; print(etl.table(1))") == "[1]"
    assert (project.folder / "built").read_text() == "x"


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


SCRIPT = """
    import subprocess, sys
    done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True)
    print(done.stdout + done.stderr)
"""
MAIN = """
    import heirloom, os
    from heirloom import Store
    FACTOR = 10
    def log():
        with open("built", "a") as file: file.write("x")
    @heirloom.cached(ttl="1h")
    def table(x):
        log()
        return [x * FACTOR, table.__wrapped__.__name__]
    class Owner:
        def __init__(self, at): self.at = at
        @heirloom.cached
        def total(self, x): return self.at + x
    def local():
        factor = 3
        @Store("elsewhere").cached(name="inner")
        def inner(x): return x * factor
        return inner
"""


def test_cloudpickle_takes_functions_of_the_main_program_along(project):
    cloudpickle = pytest.importorskip("cloudpickle", reason="cloudpickle is not installed: pip install cloudpickle")
    assert cloudpickle
    project.write("script.py", MAIN + """
    import cloudpickle, subprocess, sys
    inner = local()
    print(table(1), Owner(1).total(2), inner(2))
    sent = cloudpickle.dumps((table, Owner, inner, table.handle(1)))
    program = "import pickle, sys; t, O, i, h = pickle.load(sys.stdin.buffer)"
    program += "; print(t(1), t(2), O(1).total(2), i(2), h.get(), t, i)"
    sys.stdout.flush()
    subprocess.run([sys.executable, "-c", program], input=sent, check=False)
    """)
    told = project.run(SCRIPT)
    again = "[10, 'table'] [20, 'table'] 3 6 [10, 'table'] <cached script:table> <cached inner>"
    assert told == f"[10, 'table'] 3 6\n{again}"


def test_joblib_loky_runs_a_cached_function_of_the_main_program(project):
    pytest.importorskip("joblib", reason="joblib is not installed: pip install joblib")
    project.write("script.py", MAIN + """
    from joblib import Parallel, delayed
    if __name__ == "__main__":
        print(Parallel(n_jobs=2)(delayed(table)(x) for x in (1, 2, 1)))
    """)
    assert project.run(SCRIPT) == "[[10, 'table'], [20, 'table'], [10, 'table']]"


def test_plain_pickle_still_goes_by_name(project):
    project.write("script.py", MAIN + """
    import pickle
    print(pickle.loads(pickle.dumps(table)) is table, len(pickle.dumps(table)) < 60)
    try: pickle.dumps(local())
    except Exception as error: print("local object" in str(error) or "not found" in str(error) or error)
    """)
    assert project.run(SCRIPT) == "True True\nTrue"


def test_a_script_that_is_run_by_a_relative_path_is_no_endless_search(project):
    project.write("script.py", MAIN + "    print(table(1), table.state(1))\n")
    program = "import runpy; runpy.run_path('script.py', run_name='__main__')"
    assert project.run(program) == "[10, 'table'] State.IN_MEMORY"
