"""What libraries find while a verb's module is imported, and afterwards."""

import subprocess
import sys

import pytest

BEGIN = "import sys\nfrom hetero2.runtime.lean_imports import lean_imports\n"


def printed(code):
    done = subprocess.run([sys.executable, "-c", BEGIN + code], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("verb", ["decoy_quality", "diagnosis", "report", "leakage"])
def test_a_stage_imports_nothing_that_it_does_not_use(verb):
    names = ("pandas", "coverage", "scipy.stats", "numpy.f2py")
    code = f"with lean_imports():\n    import hetero2.stages.{verb}\nprint(*(n for n in {names} if n in sys.modules))"
    assert printed(code) == []


def test_what_was_imported_meanwhile_is_loaded_with_its_first_use():
    code = """
with lean_imports():
    import scipy.stats as early
    from scipy.stats import chi2, rankdata
print('scipy.stats' in sys.modules, early.rankdata([3, 1])[0], rankdata([3, 1])[0], round(chi2.cdf(1.386, 2), 1))
import scipy.stats
print('scipy.stats' in sys.modules, scipy.stats is not early, round(scipy.stats.norm.cdf(0), 1))
"""
    assert printed(code) == "False 2.0 2.0 0.5 True True 0.5".split()


def test_what_a_module_uses_while_it_is_imported_is_loaded_then():
    code = """
with lean_imports():
    from scipy.stats import norm
    print(round(norm.cdf(0), 1))
    from scipy.stats import rankdata
    print(type(rankdata).__name__)
print(len([finder for finder in sys.meta_path if getattr(finder, '__name__', '') == '_Finder']))
"""
    assert printed(code) == ["0.5", "function", "0"]


def test_what_is_not_known_to_be_imported_for_nothing_is_loaded_at_once():
    code = """
with lean_imports():
    from scipy.stats import norm
    print('scipy.stats' in sys.modules, isinstance(norm.cdf(0.0), float), hasattr(norm, 'no_such_name'))
try:
    with lean_imports():
        from scipy.stats import no_such_name
except ImportError as error:
    print(error.name)
with lean_imports(), lean_imports():
    import numpy.testing
    numpy.testing.assert_equal(1, 1)
print(len(sys.meta_path) == len(before))
"""
    expected = "True True False scipy.stats True".split()
    assert printed("before = list(sys.meta_path)\n" + code) == expected


def test_copies_of_what_is_loaded_later_can_be_made():
    code = """
import copy
with lean_imports():
    from scipy.stats import rankdata
print(copy.copy(rankdata)([3, 1])[0])
"""
    assert printed(code) == ["2.0"]


def test_what_is_loaded_already_stays_as_it_was():
    code = """
import scipy.stats
with lean_imports():
    import scipy.stats as meanwhile
print(meanwhile is scipy.stats is sys.modules['scipy.stats'])
"""
    assert printed(code) == ["True"]


def test_afterwards_everything_is_found_again_even_after_an_error():
    code = """
try:
    with lean_imports():
        import no_such_module
except ModuleNotFoundError as error:
    print(error.name)
import numpy.f2py, importlib.util
print(hasattr(numpy.f2py, 'compile') or hasattr(numpy.f2py, 'run_main'), len(sys.meta_path) == len(before))
"""
    assert printed("before = list(sys.meta_path)\n" + code) == ["no_such_module", "True", "True"]


def test_scikit_learn_works_without_what_stood_in_for_its_imports():
    code = """
with lean_imports():
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
for model in (RandomForestClassifier(5, random_state=0), make_pipeline(StandardScaler(), LogisticRegression())):
    print(model.fit(X, y).predict([[3.0]])[0])
"""
    assert printed(code) == ["1", "1"]
