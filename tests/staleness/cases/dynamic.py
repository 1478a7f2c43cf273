"""What is reached by a name that is only known at run time."""

from staleness.case import hit, rebuild

CASES = [
    rebuild("dynamic-getattr-module", """
        --- pipeline.py
        import etl

        @cached
        def build(x):
            RAN
            return getattr(etl, "step_" + str(x))(x)
        --- etl.py
        def step_3(x):
            return x * <<2=>3>>
        """),
    rebuild("dynamic-getattr-module-default", """
        --- pipeline.py
        import etl

        @cached
        def build(x):
            RAN
            return getattr(etl, "K" + str(x), 0)
        --- etl.py
        <<=>K3 = 7>>
        """),
    rebuild("dynamic-getattr-class", """
        class M:
            def on_3(self):
                return <<1=>2>>

        %build getattr(M(), f"on_{x}")()
        """),
    rebuild("dynamic-hasattr", "class M:\n    pass\n    <<=>extra = 1>>\n\n%build hasattr(M, 'extra')\n"),
    rebuild("dynamic-import-computed", """
        --- pipeline.py
        import importlib

        @cached
        def build(x):
            RAN
            return importlib.import_module("stages.s" + str(x)).run(x)
        --- stages/__init__.py
        --- stages/s3.py
        def run(x):
            return x * <<2=>3>>
        """),
    rebuild("dynamic-import-computed-helper-of-it", """
        --- pipeline.py
        import importlib

        @cached
        def build(x):
            RAN
            return importlib.import_module("s" + str(x)).run(x)
        --- s3.py
        from base import k

        def run(x):
            return k(x)
        --- base.py
        def k(x):
            return x * <<2=>3>>
        """),
    rebuild("dynamic-import-computed-value", """
        --- pipeline.py
        import importlib

        @cached
        def build(x):
            RAN
            return importlib.import_module("s" + str(x)).VALUE
        --- s3.py
        VALUE = <<1=>2>>
        """),
    rebuild("dynamic-dunder-import", """
        --- pipeline.py
        @cached
        def build(x):
            RAN
            return __import__("s%d" % x).run(x)
        --- s3.py
        def run(x):
            return x * <<2=>3>>
        """),
    rebuild("dynamic-import-missing-appears", """
        --- pipeline.py
        @cached
        def build(x):
            RAN
            try:
                import extra
                return extra.K
            except ImportError:
                return 0
        --- extra.py after
        K = 1
        """),
    rebuild("dynamic-spec-from-file", """
        --- pipeline.py
        import importlib.util
        import pathlib

        @cached
        def build(x):
            RAN
            spec = importlib.util.spec_from_file_location("loaded", pathlib.Path(__file__).parent / "rules" / "loaded.py")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module.run(x)
        --- rules/loaded.py
        def run(x):
            return x * <<2=>3>>
        """),
    rebuild("dynamic-runpy", """
        --- pipeline.py
        import pathlib
        import runpy

        @cached
        def build(x):
            RAN
            return runpy.run_path(str(pathlib.Path(__file__).parent / "rule.py"))["K"] + x
        --- rule.py
        K = <<1=>2>>
        """),
    rebuild("dynamic-exec-file", """
        --- pipeline.py
        import pathlib

        @cached
        def build(x):
            RAN
            space = {}
            exec((pathlib.Path(__file__).parent / "rule.txt").read_text(), space)
            return space["K"] + x
        --- rule.txt
        K = <<1=>2>>
        """),
    rebuild("dynamic-plugins-by-listing", """
        --- pipeline.py
        import importlib
        import pkgutil
        import plugins

        @cached
        def build(x):
            RAN
            found = sorted(m.name for m in pkgutil.iter_modules(plugins.__path__))
            return [importlib.import_module("plugins." + name).K for name in found]
        --- plugins/__init__.py
        --- plugins/a.py
        K = 1
        --- plugins/b.py after
        K = 2
        """),
    rebuild("dynamic-registry-filled-by-import", """
        --- pipeline.py
        from registry import REGISTRY
        import plugins

        %build REGISTRY["scale"](x)
        --- registry.py
        REGISTRY = {}

        def register(f):
            REGISTRY[f.__name__] = f
            return f
        --- plugins.py
        from registry import register

        @register
        def scale(x):
            return x * <<2=>3>>
        """),
    rebuild("dynamic-registry-new-entry", """
        --- pipeline.py
        from registry import REGISTRY
        import plugins

        %build sorted(REGISTRY)
        --- registry.py
        REGISTRY = {}

        def register(f):
            REGISTRY[f.__name__] = f
            return f
        --- plugins.py
        from registry import register

        @register
        def scale(x):
            return x
        <<=>
        @register
        def shift(x):
            return x
        >>
        """),
    rebuild("dynamic-registry-order", """
        STEPS = []

        def step(f):
            STEPS.append(f)
            return f

        @step
        def <<a=>b>>(x):
            return <<x + 1=>x * 2>>

        @step
        def <<b=>a>>(x):
            return <<x * 2=>x + 1>>

        @cached
        def build(x):
            RAN
            for one in STEPS:
                x = one(x)
            return x
        """),
    rebuild("dynamic-eval-constant", "def h(x):\n    return x * <<2=>3>>\n\n%build eval('h(x)', globals(), {'x': x})\n"),
    rebuild("dynamic-eval-of-name", "NAMES = ['h']\n\ndef h(x):\n    return x * <<2=>3>>\n\n%build eval(NAMES[0])(x)\n"),
    rebuild("dynamic-exec-made-function", """
        SOURCE = "def made(x):\\n    return x * <<2=>3>>\\n"
        space = {}
        exec(SOURCE, space)
        made = space["made"]
        %build made(x)
        """),
    rebuild("dynamic-exec-in-body", """
        @cached
        def build(x):
            RAN
            space = {"x": x, "h": h}
            exec("y = h(x)", space)
            return space["y"]

        def h(x):
            return x * <<2=>3>>
        """),
    rebuild("dynamic-globals-lookup", "def step_3(x):\n    return x * <<2=>3>>\n\n%build globals()[f'step_{x}'](x)\n"),
    rebuild("dynamic-vars-of-module", "--- pipeline.py\nimport etl\n\n%build vars(etl)['h'](x)\n--- etl.py\ndef h(x):\n    return x * <<2=>3>>\n"),
    rebuild("dynamic-dict-of-module", "--- pipeline.py\nimport etl\n\n%build etl.__dict__['h'](x)\n--- etl.py\ndef h(x):\n    return x * <<2=>3>>\n"),
    rebuild("dynamic-sys-modules", "--- pipeline.py\nimport sys\nimport etl\n\n%build sys.modules['etl'].h(x)\n--- etl.py\ndef h(x):\n    return x * <<2=>3>>\n"),
    rebuild("dynamic-module-getattr", """
        --- pipeline.py
        import etl

        %build etl.anything + x
        --- etl.py
        def __getattr__(name):
            return len(name) * <<2=>3>>
        """),
    rebuild("dynamic-module-getattr-lazy-import", """
        --- pipeline.py
        import pack

        %build pack.heavy.run(x)
        --- pack/__init__.py
        import importlib

        def __getattr__(name):
            return importlib.import_module("." + name, __name__)
        --- pack/heavy.py
        def run(x):
            return x * <<2=>3>>
        """),
    rebuild("dynamic-dir-of-module", "--- pipeline.py\nimport etl\n\n%build [n for n in dir(etl) if n.startswith('on_')]\n--- etl.py\non_a = 1\n<<=>on_b = 2>>\n"),
    rebuild("dynamic-methods-by-inspection", """
        class M:
            def check_a(self):
                return 1
            <<=>
            def check_b(self):
                return 2>>

        %build [getattr(M(), n)() for n in dir(M) if n.startswith("check_")]
        """),
    rebuild("dynamic-operator-attrgetter", "import operator\nimport etl_holder\n\nget = operator.attrgetter('k')\n%build get(etl_holder.H) + x\n--- etl_holder.py\nclass H:\n    k = <<1=>2>>\n"),
    rebuild("dynamic-callback-from-library", """
        import functools

        def add(a, b):
            return a + b * <<1=>2>>

        %build functools.reduce(add, range(x + 1))
        """),
    rebuild("dynamic-json-object-hook", """
        import json

        def hook(d):
            return {k: v * <<1=>2>> for k, v in d.items()}

        %build json.loads('{"a": 3}', object_hook=hook)["a"] + x
        """),
    rebuild("dynamic-pickle-loads-class", """
        --- pipeline.py
        import pickle

        DATA = b"cmodels\\nmake\\n(tR."

        %build pickle.loads(DATA) + x
        --- models.py
        def make():
            return <<1=>2>>
        """),
    rebuild("dynamic-pandas-apply", """
        import pandas as pd

        def scale(v):
            return v * <<2=>3>>

        %build int(pd.Series([1, x]).apply(scale).sum())
        """),
    rebuild("dynamic-re-sub-callback", "import re\n\ndef up(m):\n    return m[0].<<upper=>title>>()\n\n%build re.sub('a+', up, 'aab') * x\n"),
    rebuild("dynamic-entry-by-string-path", """
        --- pipeline.py
        from loader import load

        STEP = "stages.clean:run"
        %build load(STEP)(x)
        --- loader.py
        import importlib

        def load(text):
            module, _, name = text.partition(":")
            return getattr(importlib.import_module(module), name)
        --- stages/__init__.py
        --- stages/clean.py
        def run(x):
            return x * <<2=>3>>
        """),
    rebuild("dynamic-type-call", "%build type('M', (), {'k': <<1=>2>>})().k + x\n"),
    hit("dynamic-getattr-other-name", """
        --- pipeline.py
        import etl

        @cached
        def build(x):
            RAN
            return getattr(etl, "step_" + str(x))(x)
        --- etl.py
        def step_3(x):
            return x

        def step_4(x):
            return <<1=>2>>
        """),
    hit("dynamic-import-other-module", """
        --- pipeline.py
        import importlib

        @cached
        def build(x):
            RAN
            return importlib.import_module("s" + str(x)).run(x)
        --- s3.py
        def run(x):
            return x
        --- s4.py
        def run(x):
            return <<1=>2>>
        """),
    hit("dynamic-import-comment", """
        --- pipeline.py
        import importlib

        @cached
        def build(x):
            RAN
            return importlib.import_module("s" + str(x)).run(x)
        --- s3.py
        <<=># a comment, and a line more

        >>def run(x):
            return x
        """),
    hit("dynamic-module-unrelated-function", """
        --- pipeline.py
        import importlib

        @cached
        def build(x):
            RAN
            return importlib.import_module("s" + str(x)).run(x)
        --- s3.py
        def run(x):
            return x

        def unused(x):
            return <<1=>2>>
        """),
]
