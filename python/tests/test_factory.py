"""The factory, row by row of the mission: f1 to f17 as far as the Python face has them."""

from __future__ import annotations

import datetime
import gc
import json
import time

import heirloom
import numpy as np
import pytest
from heirloom import State, Store

MODULE = """
    import heirloom

    @heirloom.cached(versions={"dev1": 3}, traits=lambda t: {"columns": tuple(t)})
    def table(year, carrier="UA"):
        print("built")
        return {"carrier": carrier, "year": year}
"""


@pytest.fixture
def store(heirloom_store):
    return heirloom_store


def counted(store, **options):
    built = []

    @store.cached(**options)
    def table(*args, **kwargs):
        built.append((args, kwargs))
        return {"args": args}

    return table, built


def test_f1_same_arguments_give_the_same_object(store):
    table, built = counted(store)
    assert table(2013, "UA") is table(2013, "UA")
    assert table(2014, "UA") is not table(2013, "UA")
    assert len(built) == 2


def test_f1_a_second_process_gets_it_from_disk(project):
    project.write("etl.py", MODULE)
    program = "import etl; print(etl.table(2013), etl.table.stats()['disk_hits'])"
    assert project.run(program) == "built\n{'carrier': 'UA', 'year': 2013} 0"
    assert project.run(program) == "{'carrier': 'UA', 'year': 2013} 1"
    assert project.run(program, "-O") == "{'carrier': 'UA', 'year': 2013} 1"


def test_f2_bypass_neither_reads_nor_writes(store):
    table, built = counted(store)
    assert table.bypass(1) is not table.bypass(1)
    assert table.state(1) is State.ABSENT
    kept = table(1)
    assert table.bypass(1) is not kept
    assert table(1) is kept
    assert len(built) == 4


def test_f2_refresh_replaces(store):
    table, built = counted(store)
    old = table(1)
    new = table.refresh(1)
    assert new is not old
    assert table(1) is new
    assert len(built) == 2


def test_f3_lookalikes_are_different_keys(store):
    table, built = counted(store)
    lookalikes = [
        1,
        1.0,
        True,
        "1",
        b"1",
        (1,),
        [1],
        {1},
        {1: 1},
        None,
        0.0,
        -0.0,
        0,
        False,
        (1.0,),
        (True,),
        ((1,),),
    ]
    first = [table(value) for value in lookalikes]
    assert len(built) == len(lookalikes)
    assert all(table(value) is kept for value, kept in zip(lookalikes, first, strict=True))
    assert len(built) == len(lookalikes)


def test_f4_states_move_to_the_right(store, tmp_path):
    table, _ = counted(store)
    assert table.state(1) is State.ABSENT
    table(1)
    assert table.state(1) is State.IN_MEMORY
    table._shelf().let_go()
    assert table.state(1) is State.ON_DISK


def test_f5_opening_loads_nothing(project):
    project.write("etl.py", MODULE)
    project.run("import etl; etl.table(1); etl.table(2)")
    program = "import etl; print(etl.table.state(1), etl.table.cache_info().currsize, etl.table.state(3))"
    assert project.run(program) == "State.ON_DISK 0 State.ABSENT"


def test_f6_counters_of_two_developers(project):
    project.write("etl.py", MODULE)
    project.run("import etl; etl.table(1)")
    (project.folder / "heirloom.toml").write_text('[versions."etl:table"]\ndev2 = 1\n')
    program = "import etl; print(etl.table.explain(1).why)"
    assert project.run(program).startswith("dev2 0 → 1 (the entry was built ")
    project.write("etl.py", MODULE.replace('"dev1": 3', '"dev1": 4'))
    assert project.run(program).startswith("dev1 3 → 4, dev2 0 → 1 (the entry was built ")


def test_f7_traits_are_checked_before_it_is_served(store):
    table, built = counted(store, traits=lambda t: {"columns": ("carrier", "year")})
    kept = table(1)
    assert table.expect(columns=("year",))(1) is kept
    assert table.expect(columns="price").explain(1).why == "`price` missing from columns"
    with pytest.raises(heirloom.InvalidError, match="`price` missing from columns"):
        table.expect(columns=("price",))(1)
    assert len(built) == 2


def test_f8_comments_and_docstrings_do_not_count(project):
    plain = """
        import heirloom
        @heirloom.cached
        def table(year: int, scale=2):
            total = 0
            for part in (1, 2, None):
                total += year if part else 3
            return [total * scale, (lambda x: x + 1)(year)]
    """
    project.write("etl.py", plain)
    program = "import etl; print(etl.table.explain(1, 2).why)"
    project.run("import etl; etl.table(1, 2)")
    documented = plain.replace("total = 0", '"""What it is."""\n\n            # a comment\n            total = 0')
    project.write("etl.py", documented.replace("year: int", "year: 'float'"))
    assert project.run("import etl; print(etl.table.state(1, scale=2))") == "State.ON_DISK"
    for old, new in [("scale=2", "scale=3"), ("total = 0", "total = 1"), ("x + 1", "x - 1"), ("else 3", "else 4")]:
        project.write("etl.py", plain.replace(old, new))
        assert "`etl.table` changed in" in project.run(program), new


def test_f8_manual_code_does_not_count(project):
    project.write("etl.py", "import heirloom\n@heirloom.cached(code='manual')\ndef table(x): return x\n")
    project.run("import etl; etl.table(1)")
    project.write("etl.py", "import heirloom\n@heirloom.cached(code='manual')\ndef table(x): return x + 1\n")
    assert project.run("import etl; print(etl.table(1))") == "1"


def test_f8_closure_cells_tell_functions_apart(store):
    def make(step):
        @store.cached
        def add(x):
            return x + step

        return add

    assert (make(1)(1), make(2)(1), make(1)(1)) == (2, 3, 2)


def test_f9_declared_files_and_nested_objects(project):
    module = """
        import heirloom
        @heirloom.cached(files=["rate.txt"])
        def rate():
            print("rate")
            return open("rate.txt").read()
        @heirloom.cached
        def table(x):
            print("table")
            return rate() * x
    """
    project.write("etl.py", module)
    project.write("rate.txt", "a")
    program = "import etl; print(etl.table(2))"
    assert project.run(program).split() == ["table", "rate", "aa"]
    assert project.run(program).split() == ["aa"]
    project.write("rate.txt", "b")
    assert sorted(project.run(program).split()) == ["bb", "rate", "table"]


def test_f10_ttl_and_epoch(store):
    table, built = counted(store, ttl=datetime.timedelta(seconds=1))
    old = table(1)
    assert table(1) is old
    time.sleep(1.1)
    assert "older than its time to live" in table.explain(1).why
    assert table(1) is not old
    forever, built = counted(store, epoch="7d", name="forever")
    assert forever(1) is forever(1)
    assert len(built) == 1


def test_f11_what_is_obsolete_is_found_and_destroyed(project):
    def entries(*words):
        command = f"import sys; sys.argv[1:] = {[*words, '--json']!r}; import runpy; "
        told = project.run(command + "runpy.run_module('heirloom', run_name='__main__', alter_sys=True)")
        return json.loads(told)

    for versions in ('"dev1": 3', '"dev1": 3, "dev2": 1', '"dev1": 4'):
        project.write("etl.py", MODULE.replace('"dev1": 3', versions))
        project.run("import etl; etl.table(1)")
    planned = entries("gc", "--dry-run")["remove"]
    assert [one["sentence"] for one in planned] == ["version {dev1: 3} is dominated by {dev1: 4}"]
    assert entries("gc")["remove"] == planned
    assert entries("gc", "--dry-run")["remove"] == []
    # That of the other branch stays, and so does the present one.
    project.write("etl.py", MODULE.replace('"dev1": 3', '"dev1": 3, "dev2": 1'))
    assert project.run("import etl; print(etl.table.state(1))") == "State.ON_DISK"
    project.write("etl.py", MODULE)
    assert project.run("import etl; print(etl.table.state(1))") == "State.ABSENT"


def test_f12_forgetting_breaks_no_holder(store):
    @store.cached
    def grid(n):
        return np.arange(n, dtype="f8")

    held = grid(100_000)
    grid._shelf().let_go()
    mapped = grid(100_000)
    assert grid.forget(100_000) == 1
    gc.collect()
    assert mapped.sum() == held.sum()
    assert held.sum() == sum(range(100_000))
    assert grid.state(100_000) is State.ABSENT
    assert "removed at" in grid.explain(100_000).why


def test_f12_an_evicted_object_is_found_while_somebody_holds_it(tmp_path):
    store = Store(tmp_path / "store", memory=1000)

    @store.cached
    def grid(n):
        return np.arange(n)

    held = grid(5000)
    assert grid(5000) is held
    assert grid.stats()["disk_hits"] == 0
    number = id(held)
    del held
    gc.collect()
    assert (id(grid(5000)), grid.stats()["disk_hits"]) != (number, 0)


def test_f14_an_older_format_is_converted(project):
    project.write("etl.py", "import heirloom\n@heirloom.cached(schema=1)\ndef table(x): return [x]\n")
    project.run("import etl; etl.table(7)")
    project.write(
        "etl.py",
        """
        import heirloom
        def convert(old):
            return {"x": old[0]}
        @heirloom.cached(schema=2, migrate={1: convert})
        def table(x):
            raise AssertionError("it must be converted")
        """,
    )
    program = "import etl; print(etl.table(7), etl.table.explain(7).steps[-1])"
    assert project.run(program).startswith("{'x': 7}")
    assert project.run("import etl; print(etl.table(7))") == "{'x': 7}"


def test_f15_settings_go_before_the_decorator(project):
    project.write("etl.py", MODULE)
    project.run("import etl; etl.table(1)")
    (project.folder / "heirloom.toml").write_text('[cache."etl:table"]\nttl = "1ms"\n')
    assert "older than its time to live of 1 ms" in project.run("import etl; print(etl.table.explain(1).why)")
    (project.folder / "heirloom.toml").write_text('[cache."etl:table"]\nenabled = false\n')
    assert project.run("import etl; etl.table(1); etl.table(1)") == "built\nbuilt"
    (project.folder / "heirloom.toml").write_text('[cache."etl:table"]\ntiers = ["memory"]\n')
    assert project.run("import etl; etl.table(1); etl.table(1)") == "built"


def test_f15_off_with_one_switch(project, store):
    project.write("etl.py", MODULE)
    program = "import etl; etl.table(1); etl.table(1); print(etl.table.explain(1).why)"
    switched = project.run(program, HEIRLOOM_DISABLE="1")
    assert switched == "built\nbuilt\nthe cache is switched off by HEIRLOOM_DISABLE"
    table, built = counted(store)
    kept = table(1)
    with heirloom.disabled():
        assert table(1) is not kept
        assert "heirloom.disabled()" in table.explain(1).why
    assert table(1) is kept
    assert len(built) == 2


def test_f16_arguments_are_chosen_or_ignored(store):
    @store.cached(ignore=("verbose",))
    def loud(x, verbose=False):
        return [x]

    assert loud(1) is loud(1, verbose=True)
    assert loud(2) is not loud(1)

    @store.cached(key=lambda path, *rest: path.lower())
    def read(path, *rest):
        return [path]

    assert read("A", 1) is read("a", 2)


def test_f16_what_is_ignored_is_part_of_the_fingerprint(store):
    def table(a, b):
        return [a, b]

    by_a = store.cached(table, ignore=("b",), code="manual")
    by_b = store.cached(table, ignore=("a",), code="manual")
    assert by_a(1, 2) == [1, 2]
    assert by_b(2, 1) == [2, 1]


def test_f17_every_miss_has_a_reason(store):
    table, _ = counted(store, versions={"dev1": 1})
    assert table.explain(1).why == "never built"
    table(1)
    told = table.explain(1)
    assert told.state is State.IN_MEMORY
    assert "versions {dev1: 1}" in str(told)
    assert told._repr_html_().startswith("<pre>")
    assert told.facts["record"]["factory"] == table.declaration.name


def test_a_store_in_memory_needs_no_folder():
    table, built = counted(Store())
    assert table(1) is table(1)
    assert len(built) == 1
    assert table.explain(1).state is State.IN_MEMORY


def test_a_store_is_cleared_and_tells_its_memory(tmp_path):
    store = Store(tmp_path / "store", memory=1_000_000)
    table, built = counted(store)
    table(1), table(2)
    told = store.memory_used()
    assert (told["budget"], told["evictions"]) == (1_000_000, 0)
    assert 0 < told["bytes"] < 10_000
    assert store.clear() == 2
    assert table.state(1) is State.ABSENT
    assert store.clear() == 0
    table(1)
    assert len(built) == 3


def test_a_module_that_is_run_has_the_name_it_is_imported_by(project):
    (project.folder / "pipes").mkdir()
    project.write("pipes/__init__.py", "")
    project.write("pipes/etl.py", MODULE + "\n    if __name__ == '__main__': table(1); print(table)\n")
    run = "import runpy; runpy.run_module('pipes.etl', run_name='__main__', alter_sys=True)"
    assert project.run(run) == "built\n<cached pipes.etl:table>"
    assert project.run("import pipes.etl; pipes.etl.table(1)") == ""
