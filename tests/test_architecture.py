"""The rules of the architecture, held by walking the syntax trees of the source."""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from types import ModuleType

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, Model
from django.urls import URLPattern, get_resolver

from attendance_portal.law import DatedRule
from tests.addresses import our_patterns
from tests.sources import BASE, BY_MODULE, OURS, TESTS, UPSTREAM, Source, app_of

FORBIDDEN_NAMES = {"utils", "helpers", "common", "core", "services", "managers", "constants", "misc", "base"}
PURE = (
    "schools/register/",
    "casework/helped/matching.py",
    "tsm/lists.py",
    "legal/rules/",
    "attendance_portal/law.py",
    "attendance_portal/days.py",
)
IMPURE_STDLIB = {
    "time",
    "socket",
    "urllib",
    "http",
    "subprocess",
    "os",
    "random",
    "secrets",
    "tempfile",
    "shutil",
}
FREE_OF_DJANGO = (*PURE, "schools/reading/", "attendance_portal/merging.py")

READS_THE_CLOCK = {
    "attendance_portal/clock.py": "it is the clock",
    "attendance_portal/commands.py": "the door of commands",
    "attendance_portal/middleware.py": "the door of requests: the idle time-out, and the day of who asks",
    "attendance_portal/messages.py": "sent within the minute by a task, and tried again after a wait",
    "attendance_portal/sign_in.py": "allauth asks it within a request: how long ago did they sign in",
}
STAMPS_ROWS = {
    "attendance_portal/audit.py": "folds an autosave into the event of the last five minutes",
}
OPENS_A_SCOPE = {
    "attendance_portal/tenancy.py": "it is the scope",
    "attendance_portal/middleware.py": "the door of requests",
    "attendance_portal/tasks.py": "the door of tasks",
    "attendance_portal/commands.py": "the door of commands",
    "attendance_portal/isolation.py": "the door of migrations",
    "attendance_portal/messages.py": "each message is sent in a transaction of its own",
    "schools/banding.py": "a run is one transaction a school, so that a kill loses one school's work at most",
    "attendance_portal/front/seeding.py": "the work of the command seed_demo, one transaction a file",
    "attendance_portal/front/seeded_meetings.py": "the work of the command seed_demo, one transaction a meeting",
    "attendance_portal/front/seeded_hand_overs.py": "the work of the command seed_demo, one transaction an act",
    "attendance_portal/front/seeded_systems.py": "the work of the command seed_demo: a sync opens its own",
    "schools/api/posting.py": "takes up posted marks, one transaction a post",
    "schools/syncing/syncs.py": "asks a source which schools there are outside any transaction",
    "schools/syncing/syncing.py": "asks outside any transaction, and stores one period of one school a transaction",
    "schools/sending/uploads.py": "takes up what a killed process left, one transaction an upload",
}
CLOCKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "timezone": {"now", "localdate", "localtime"},
    "time": {"time", "time_ns", "localtime", "gmtime"},
    "clock": {"now", "today"},
}
DJANGO_SIGNALS = ("django.db.models.signals", "django.dispatch", "django.core.signals", "django.test.signals")
ESCAPES = {"scopes_disabled", "with_scopes_disabled", "with_scope", "_base_manager", "_override_scope"}


def _is_a_door(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in {"views.py", "tasks.py"} or "/views/" in path or "_views" in name or "/commands/" in path


def _package_of(name: str) -> str:
    """The package or module directly under its app that a dotted name is in."""
    return ".".join(name.split(".")[:2])


def _say(what_to_do: str, found: list[str]) -> None:
    assert not found, what_to_do + "\n  " + "\n  ".join(found)


# --- What may import what -----------------------------------------------------------------------------------


def test_an_app_imports_only_what_is_upstream_of_it() -> None:
    found = [
        f"{source.at(line)} imports {name}"
        for source in OURS
        for name, line in source.imports.items()
        if (app := app_of(name)) and app != source.app and app not in UPSTREAM[source.app]
    ]
    _say("Move the code downstream, or name the function in settings (PUPIL_PANELS and the like).", found)


def test_packages_of_schools_import_one_another_without_a_circle() -> None:
    """Doors (views, tasks, addresses) stand above every package and are left out."""
    wanted: dict[str, set[str]] = {}
    for source in OURS:
        if source.app == "schools" and not _is_a_door(source.path) and not source.path.endswith("urls.py"):
            package = _package_of(source.module)
            wanted.setdefault(package, set()).update(_package_of(name) for name in source.imports)
    found = []
    for package in sorted(wanted):
        reached, ahead = set[str](), [package]
        while ahead:
            new = wanted.get(ahead.pop(), set()) - {package} - reached
            reached |= new
            ahead.extend(new)
        found += [f"{package} and {other}" for other in sorted(reached) if package in wanted.get(other, set())]
    _say("Move what both need to a package below them.", found)


def test_no_import_hides_in_a_function() -> None:
    found = sorted(
        {
            source.at(node.lineno)
            for source in OURS + TESTS
            for function in source.functions()
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
    )
    _say(
        "Put the import at the top of the module. A cycle means that something lives in the wrong place.",
        found,
    )


def test_nothing_is_imported_by_a_computed_name() -> None:
    """`import_string` is for the lists of functions that settings name."""
    allowed = {f"attendance_portal/{name}.py" for name in ("tasks", "panels", "chronology")}
    found = [
        f"{source.at(line)} {name}"
        for source in OURS
        for name, line in source.imports.items()
        if name.endswith((".import_string", "importlib.import_module")) and source.path not in allowed
    ]
    _say("Import it by name; only what a list in settings names may be imported by a string.", found)


def test_pure_code_imports_numpy_and_the_standard_library_only() -> None:
    allowed = (set(sys.stdlib_module_names) | {"numpy"}) - IMPURE_STDLIB
    pure_modules = {source.module for source in OURS if source.path.startswith(PURE)}
    packages = {module.rpartition(".")[0] for module in pure_modules}
    found = [
        f"{source.at(line)} imports {name}"
        for source in OURS
        if source.path.startswith(PURE)
        for name, line in source.imports.items()
        if name.split(".")[0] not in allowed
        and name not in pure_modules | packages
        and name.rpartition(".")[0] not in pure_modules
    ]
    _say("This code is pure: hand it what it needs as arguments.", found)


def test_the_reader_of_files_and_pure_code_are_free_of_django() -> None:
    found = []
    for source in OURS:
        if source.path.startswith(FREE_OF_DJANGO):
            chain = _way_to_django(source, ())
            found += [" → ".join(chain)] if chain else []
    _say("Neither this code nor anything it imports may need Django.", found)


def _way_to_django(source: Source, passed: tuple[str, ...]) -> tuple[str, ...]:
    """The modules through which `source` comes to import Django, empty when it does not."""
    here = (*passed, source.module)
    for name in source.imports:
        if name.split(".")[0] in {"django", "django_scopes"}:
            return (*here, name)
        if name in BY_MODULE and name not in here and (way := _way_to_django(BY_MODULE[name], here)):
            return way
    return ()


def test_no_django_signals() -> None:
    found = [
        f"{source.at(line)} {name}"
        for source in OURS
        for name, line in source.imports.items()
        if name.startswith(DJANGO_SIGNALS)
    ]
    _say("Call what must happen from the action that makes it happen.", found)


# --- The clock and the scope --------------------------------------------------------------------------------


def test_only_the_doors_read_the_clock() -> None:
    found = [
        f"{source.at(line)} {what}"
        for source in OURS
        if not _is_a_door(source.path) and source.path not in READS_THE_CLOCK
        for line, what in _clock_readings(source)
    ]
    _say("Take `on` (a date) or `at` (a moment) from the view, task or command that calls.", found)


def _clock_readings(source: Source) -> Iterator[tuple[int, str]]:
    conversions = {id(node.func) for node in ast.walk(source.tree) if isinstance(node, ast.Call) and node.args}
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Attribute):
            continue
        holder = getattr(node.value, "attr", None) or getattr(node.value, "id", "")
        converts = node.attr.startswith("local") and id(node) in conversions
        if node.attr in CLOCKS.get(holder, ()) and not converts:
            yield node.lineno, f"{holder}.{node.attr}"
    for name, line in source.imports.items():
        holder, _, last = name.rpartition(".")
        if last in CLOCKS.get(holder.rpartition(".")[2], ()):
            yield line, name


def test_the_servers_clock_only_stamps_rows() -> None:
    found = [
        source.at(source.imports[now])
        for source in OURS
        if (now := "django.db.models.functions.Now") in source.imports
        and source.path not in STAMPS_ROWS
        and "models" not in source.path
    ]
    _say("`Now()` is for `db_default` in models: elsewhere take `at`.", found)


def test_scopes_open_at_the_doors_only() -> None:
    found = [
        source.at(node.lineno)
        for source in OURS
        if not _is_a_door(source.path) and source.path not in OPENS_A_SCOPE
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "authority_scope"
    ]
    _say(
        "Open the scope in a view, task or command, or name this file with its reason in OPENS_A_SCOPE.",
        found,
    )


def test_nobody_steps_round_the_scope() -> None:
    found = [
        f"{source.at(getattr(node, 'lineno', 1))} {name}"
        for source in OURS + [test for test in TESTS if not test.path.startswith("tests/isolation/")]
        if source.path != "tests/test_architecture.py"
        for node in ast.walk(source.tree)
        if (name := _names(node)) in ESCAPES
    ]
    _say("There is no value that means every authority: use `authority_scope`.", found)


def _names(node: ast.AST) -> str:
    if isinstance(node, ast.alias):
        return node.name
    return getattr(node, "attr", None) or getattr(node, "id", "") if isinstance(node, ast.expr) else ""


def test_only_the_tenancy_modules_name_the_setting_of_row_security() -> None:
    allowed = {"attendance_portal/tenancy.py", "attendance_portal/isolation.py"}
    found = [
        source.path
        for source in OURS
        if source.path not in allowed and ("app.authority" in source.text or "set_config" in source.text)
    ]
    _say("Only `authority_scope` sets whose rows exist.", found)


# --- Names and sizes ----------------------------------------------------------------------------------------


def test_modules_are_named_after_things_in_the_work() -> None:
    found = [source.path for source in OURS + TESTS if set(source.module.split(".")) & FORBIDDEN_NAMES]
    _say("Name the module after what it is about in the work.", found)


def test_every_module_says_what_it_is() -> None:
    found = [source.path for source in OURS + TESTS if source.text.strip() and not ast.get_docstring(source.tree)]
    _say("Begin the module with a docstring of one or two lines.", found)


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function, its docstring apart: explaining is not charged for."""
    whole = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    explained = ast.get_docstring(function) is not None
    return whole - ((first.end_lineno or first.lineno) - first.lineno + 1 if explained else 0)


def test_functions_keep_to_their_budget() -> None:
    """Median at most 8 lines, nine in ten at most 25, none over 50."""
    lengths = {source.at(f.lineno) + f" {f.name}": _lines(f) for source in OURS for f in source.functions()}
    _say("Split it: no function is over 50 lines.", [f"{k}: {n}" for k, n in lengths.items() if n > 50])
    assert statistics.median(lengths.values()) <= 8
    long = [f"{k}: {n}" for k, n in lengths.items() if n > 25]
    assert len(long) <= len(lengths) / 10, "\n".join(long)


@pytest.mark.parametrize(
    ("file_name", "most"),
    [("views.py", 300), ("models.py", 400), (".py", 500)],
    ids=["views", "models", "any"],
)
def test_modules_keep_to_their_size(file_name: str, most: int) -> None:
    found = [
        f"{source.path}: {count}"
        for source in OURS + TESTS
        if source.path.endswith(file_name) and (count := len(source.text.splitlines())) > most
    ]
    _say("Make it a package of modules named after things in the work.", found)


# --- Models -------------------------------------------------------------------------------------------------


def _our_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if app_of(model.__module__)]


def test_foreign_keys_point_upstream() -> None:
    found = [
        f"{model._meta.label}.{field.name} → {target}"
        for model in _our_models()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey)
        and (target := app_of(field.remote_field.model.__module__))
        and (mine := app_of(model.__module__))
        and target != mine
        and target not in UPSTREAM[mine]
    ]
    _say("A foreign key points upstream; the other side asks by a query.", found)


def test_models_override_neither_save_nor_delete() -> None:
    words = {"save", "delete", "save_base", "asave", "adelete", "full_clean"}
    found = [f"{model._meta.label}.{name}" for model in _our_models() for name in sorted(words & model.__dict__.keys())]
    _say("A write is an action in `actions.py`.", found)


def test_the_lists_of_functions_in_settings_name_functions_that_exist() -> None:
    lists = ("PUPIL_PANELS", "SCHOOL_PANELS", "CHRONOLOGY", "UNFINISHED")
    found = []
    for setting in lists:
        for name in getattr(settings, setting):
            module, _, function = name.rpartition(".")
            source = BY_MODULE.get(module)
            if source is None or function not in {f.name for f in source.functions()}:
                found.append(f"{setting}: {name}")
    _say("Settings name a function that is not there.", found)


# --- Law ----------------------------------------------------------------------------------------------------


def _modules_of_rules() -> list[ModuleType]:
    users = [source for source in OURS if any("attendance_portal.law" in name for name in source.imports)]
    return [import_module(source.module) for source in users]


def _rules_in(value: object) -> Iterator[DatedRule]:
    if isinstance(value, DatedRule):
        yield value
    elif isinstance(value, dict):
        yield from _rules_in(list(value.values()))
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _rules_in(item)


def _rules() -> Iterable[tuple[str, DatedRule]]:
    for module in _modules_of_rules():
        for name, value in vars(module).items():
            for rule in _rules_in(value):
                yield f"{module.__name__}.{name} from {rule.in_force_from}", rule


def test_every_dated_rule_has_a_source_that_can_be_looked_up() -> None:
    rules = dict(_rules())
    assert len(rules) >= 5, "No dated rules were found: this test looks in the wrong place."
    found = [name for name, rule in rules.items() if len(rule.source.split()) < 2]
    _say("Say which Act or guidance, and which provision of it.", found)


# --- One name in four places --------------------------------------------------------------------------------

# Views that answer with another view's page, and why.
ANSWERS_WITH_ANOTHER_PAGE = {
    "minutes_pdf": "a document, made from templates/documents/",
    "plan_pdf": "a document, made from templates/documents/",
    "contract_pdf": "a document, made from templates/documents/",
    "chronology_pdf": "a document, made from templates/documents/",
}
FOLDERS = {"attendance_portal": ("people", "attendance_portal"), "attendance_portal.front": ("front",)}


def _view_functions() -> dict[tuple[str, str], ast.FunctionDef]:
    return {
        (source.module, function.name): function
        for source in OURS
        for function in source.functions()
        if isinstance(function, ast.FunctionDef)
    }


def _pages_named_in(function: ast.FunctionDef) -> set[str]:
    return {
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(".html")
    }


def _page_of(pattern: URLPattern) -> set[str]:
    app = app_of(pattern.callback.__module__) or ""
    return {f"{folder}/{pattern.name}.html" for folder in FOLDERS.get(app, (app,))}


def test_every_address_has_a_name_of_its_own() -> None:
    names = [pattern.name for _, pattern in our_patterns(get_resolver())]
    _say("Give the address a name.", [str(p) for _, p in our_patterns(get_resolver()) if not p.name])
    _say("URL names are unique, without namespaces.", sorted({n for n in names if names.count(n) > 1}))


def test_the_view_is_named_as_its_address() -> None:
    found = [
        f"{pattern.name}: {pattern.callback.__module__}.{pattern.callback.__name__}"
        for _, pattern in our_patterns(get_resolver())
        if pattern.callback.__name__ != pattern.name
    ]
    _say("Name the view function as the URL.", found)


def test_the_page_is_named_as_its_address() -> None:
    functions = _view_functions()
    found = []
    for _, pattern in our_patterns(get_resolver()):
        pages = _pages_named_in(functions[pattern.callback.__module__, pattern.callback.__name__])
        if pages and not pages & _page_of(pattern) and pattern.name not in ANSWERS_WITH_ANOTHER_PAGE:
            found.append(f"{pattern.name} shows {sorted(pages)}, not {sorted(_page_of(pattern))}")
        found += [f"{page} is not there" for page in pages if not (BASE / "templates" / page).exists()]
    _say("Name the template as the URL, or give the reason in ANSWERS_WITH_ANOTHER_PAGE.", found)


def test_every_address_is_named_in_a_test_of_its_own_app() -> None:
    told = "\n".join(
        source.text + source.path
        for source in TESTS
        if not source.path.startswith(("tests/isolation/", "tests/test_architecture", "tests/cast"))
    )
    found = [str(pattern.name) for _, pattern in our_patterns(get_resolver()) if str(pattern.name) not in told]
    _say("Write a test that asks for this page: tests/<app>/test_<name>.py.", found)
