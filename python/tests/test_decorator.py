"""What a user can mistype, and the conventions of functools."""

from __future__ import annotations

import heirloom
import pytest

MISTYPED = [
    ({"verison": 1}, "no option `verison`; the nearest is `versions`"),
    ({"versions": 3}, r"versions= takes a dict such as \{'dev1': 3\}"),
    ({"versions": {"dev1": "3"}}, "versions= takes a dict"),
    ({"ignore": "x"}, r"ignore= takes a tuple of names: ignore=\('x',\)"),
    ({"ignore": ("y",)}, "has no parameter `y` to ignore; it has: x"),
]


@pytest.mark.parametrize(("options", "sentence"), MISTYPED)
def test_a_mistyped_option_is_refused_where_it_is_written(options, sentence):
    with pytest.raises(TypeError, match=sentence):
        heirloom.cached(**options)(lambda x: x)


@pytest.mark.parametrize("options", [{"ttl": "soon"}, {"code": "functoin"}, {"code": "crate"}])
def test_a_bad_value_is_refused_at_the_first_call(heirloom_store, options):
    with pytest.raises(heirloom.InvalidError):
        heirloom_store.cached(**options)(lambda x: x)(1)


def test_one_shot_results_are_never_shared(heirloom_store):
    def numbers():
        yield 1

    with pytest.raises(TypeError, match="is a generator"):
        heirloom.cached(numbers)

    async def later():
        yield 1

    with pytest.raises(TypeError, match="is a generator"):
        heirloom.cached(later)
    lazy = heirloom_store.cached(lambda: (x for x in (1, 2)))
    for _ in range(2):
        with pytest.warns(heirloom.HeirloomWarning, match="returned a generator, which can be used only once"):
            assert list(lazy()) == [1, 2]
    with pytest.raises(TypeError, match="takes a Python function"):
        heirloom.cached(classmethod(print))
    with pytest.raises(TypeError, match="takes a Python function"):
        heirloom.cached(print)


def test_the_conventions_of_functools(heirloom_store):
    @heirloom_store.cached
    def table(x):
        """Build a table."""
        return [x]

    assert table.__wrapped__(1) == [1]
    assert (table.__name__, table.__doc__) == ("table", "Build a table.")
    assert table.cache_info() == (0, 0, None, 0)
    for x in (1, 1, 2):
        table(x)
    assert table.cache_info() == (1, 2, None, 2)
    assert table.cache_info()._fields == ("hits", "misses", "maxsize", "currsize")
    table.cache_clear()
    assert table.cache_info() == (0, 0, None, 0)
    assert table.state(1) is heirloom.State.ABSENT


def test_a_scope_has_its_own_store(heirloom_store):
    @heirloom.cached
    def table(x):
        return [x]

    outer = table(1)
    with heirloom.using(heirloom.Store()):
        inner = table(1)
        assert inner is not outer
        assert table(1) is inner
    assert table(1) is outer


def test_the_fixture_isolates_tests(pytester):
    pytester.makepyfile(
        """
        import heirloom
        @heirloom.cached
        def table(x):
            return [x]
        def test_first(heirloom_store):
            assert table.cache_info().misses == 0
            table(1)
        def test_second(heirloom_store):
            assert table.cache_info().misses == 0
            assert table.state(1).value == "absent"
            table(1)
            assert heirloom_store.folder.exists()
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)


def test_a_default_store_that_cannot_be_opened_costs_a_warning(project):
    (project.folder / "heirloom.toml").write_text('store = "heirloom.toml"')
    program = """
        import warnings, heirloom
        @heirloom.cached
        def table(x): return [x]
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            assert table(1) is table(1)
        print(len(told), told[0].category.__name__)
    """
    assert project.run(program) == "1 HeirloomWarning"
