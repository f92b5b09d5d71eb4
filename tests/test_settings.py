"""critparse.toml, --select and --ignore, baselines: what is left out, and that it is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import Run

from critparse import checks
from critparse.checks.baseline import Baseline, Known
from critparse.checks.triage import Policy
from critparse.errors import SettingsError
from critparse.schema import Finding, Severity
from critparse.settings import find, load, unknown_codes

RECORDS = (
    {
        "id": "T1",
        "minimum_age": "21 Years",
        "eligibility": "Inclusion criteria:\n- Age at least 18 years\n- Platelet count > 50,000",
    },
    {"id": "T2", "minimum_age": "30 Years", "eligibility": "Inclusion criteria:\n- Age over 18 years"},
    {"id": "T3", "eligibility": "Inclusion criteria:\n- Gout"},
)


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two records whose ages differ from their field; the first lacks a unit; the third is clean.

    Only the checks that see this take part: what others find here is no matter of these tests.
    """
    made = checks.run
    few = {"age-minimum-conflict", "unit-missing"}
    monkeypatch.setattr(checks, "run", lambda trial: tuple(f for f in made(trial) if f.code in few))
    path = tmp_path / "records.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    return path


def codes(out: str) -> list[tuple[str, str]]:
    """The trial and code of each finding in JSON lines."""
    rows = [json.loads(line) for line in out.splitlines()]
    return [(row["trial_id"], finding["code"]) for row in rows for finding in row["findings"]]


ALL = [("T1", "age-minimum-conflict"), ("T1", "unit-missing"), ("T2", "age-minimum-conflict")]


class TestFile:
    def test_nearest_file_above_counts(self, tmp_path: Path) -> None:
        """The folder itself, then the ones above it."""
        inner = tmp_path / "a" / "b"
        inner.mkdir(parents=True)
        (tmp_path / "critparse.toml").write_text("")
        assert find(inner) == tmp_path / "critparse.toml"
        (inner / "critparse.toml").write_text("")
        assert find(inner) == inner / "critparse.toml"

    def test_everything_can_be_set(self, tmp_path: Path) -> None:
        """All keys of the section arrive."""
        path = tmp_path / "critparse.toml"
        path.write_text(
            '[check]\nselect = ["age-*"]\nignore = ["unit-missing"]\nfail-on = "never"\n'
            '[check.severity]\n"sex-conflict" = "off"\n[check.per-trial-ignores]\n"T1" = ["range-empty"]\n'
        )
        check = load(path).check
        assert (check.select, check.ignore, check.fail_on) == (("age-*",), ("unit-missing",), "never")
        assert (check.severity, check.per_trial_ignores) == ({"sex-conflict": "off"}, {"T1": ("range-empty",)})

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ('[check]\nselct = ["a"]', "unknown key 'selct' in [check] (did you mean 'select'?)"),
            ("[chek]", "unknown key 'chek' (did you mean 'check'?)"),
            ('path = "x"', "unknown key 'path'"),
            ('[check]\nselect = "age-*"', "check.select: a list of codes is expected"),
            ('check = "x"', "check: a section is expected"),
            ('[check]\nfail-on = "info"', "check.fail-on: input should be 'error', 'warning' or 'never', not 'info'"),
            ('[check.severity]\nx = "of"', "check.severity.x: input should be 'off', 'info', 'warning' or 'error'"),
            ("[check", "it is no TOML: "),
        ],
    )
    def test_mistakes_are_named(self, tmp_path: Path, content: str, said: str) -> None:
        """One line with the file, the place and, for a misspelt key, the nearest one."""
        path = tmp_path / "critparse.toml"
        path.write_text(content)
        with pytest.raises(SettingsError) as error:
            load(path)
        assert str(path) in str(error.value) and said in str(error.value) and "\n" not in str(error.value)

    def test_missing_and_binary_files_are_errors(self, tmp_path: Path) -> None:
        """Of the same kind."""
        (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
        for name in ("gone.toml", "x.toml"):
            with pytest.raises(SettingsError):
                load(tmp_path / name)

    def test_unknown_codes_have_neighbours(self) -> None:
        """A pattern that fits no code is named with the nearest."""
        given = [("check.ignore", "age-*"), ("check.ignore", "unit-mising")]
        assert list(unknown_codes(given, ["age-limit", "unit-missing"])) == [
            "check.ignore: no check has the code 'unit-mising' (did you mean 'unit-missing'?)"
        ]


class TestPolicy:
    @staticmethod
    def _finding(code: str, severity: Severity = "warning") -> Finding:
        return Finding(code=code, severity=severity, message="m", suggestion="", check_version="1", evidence=())

    @pytest.mark.parametrize(
        ("policy", "expected"),
        [
            (Policy(), ("warning", None)),
            (Policy(select=["unit-*"]), ("warning", "select")),
            (Policy(ignore=["age-?imit"]), ("warning", "ignore")),
            (Policy(per_trial={"T1": ["*"]}), ("warning", "per-trial ignores")),
            (Policy(per_trial={"T2": ["*"]}), ("warning", None)),
            (Policy(severity={"age-*": "off"}), ("warning", "severity off")),
            (Policy(severity={"age-limit": "error", "age-*": "off", "*": "info"}), ("error", None)),
            (Policy(severity={"*": "off", "age-*": "info"}), ("info", None)),
        ],
    )
    def test_a_finding_is_judged(self, policy: Policy, expected: tuple[str, str | None]) -> None:
        """Severity and what suppresses it; of several severities the most particular."""
        finding, suppressed = policy.apply("T1", self._finding("age-limit"))
        assert (finding.severity, suppressed) == expected

    def test_failed_checks_are_not_deselected(self) -> None:
        """That a check could not be made is shown unless it is ignored by name."""
        failed = self._finding("internal-error", "info")
        assert Policy(select=["age-*"]).apply(None, failed)[1] is None
        assert Policy(ignore=["internal-error"]).apply(None, failed)[1] == "ignore"


class TestCommand:
    def _check(self, run: Run, *options: str) -> tuple[int, list[tuple[str, str]], str]:
        code, out, err = run("check", "records.jsonl", "--no-model", "-f", "jsonl", *options)
        return code, codes(out), err

    def test_nothing_is_left_out_by_default(self, run: Run, records: Path) -> None:
        """Without settings all findings are there, and stderr is silent."""
        assert self._check(run) == (1, ALL, "")

    def test_file_and_options_work_together(self, run: Run, records: Path) -> None:
        """--select replaces the file's, --ignore adds to it; what is left out is counted by reason."""
        records.with_name("critparse.toml").write_text('[check]\nselect = ["unit-*"]\nignore = ["unit-missing"]\n')
        assert self._check(run) == (0, [], "critparse: 3 findings suppressed: 1 by ignore, 2 by select\n")
        code, found, err = self._check(run, "--select", "age-*,unit-*", "--ignore", "age-minimum-conflict")
        assert (code, found, err) == (0, [], "critparse: 3 findings suppressed by ignore\n")

    def test_severity_decides_about_the_exit_code(self, run: Run, records: Path) -> None:
        """Overridden severities are shown, and count."""
        settings = records.with_name("critparse.toml")
        settings.write_text('[check.severity]\n"age-*" = "info"\n"unit-*" = "warning"\n')
        assert self._check(run)[:2] == (0, [("T1", "unit-missing"), ("T1", ALL[0][1]), ALL[2]])
        settings.write_text(settings.read_text() + '[check]\nfail-on = "warning"\n')
        assert self._check(run)[0] == 1
        assert self._check(run, "--fail-on", "never")[0] == 0

    def test_one_trial_can_be_spared(self, run: Run, records: Path) -> None:
        """A per-trial ignore leaves the others alone; --config names another file."""
        records.with_name("own.toml").write_text('[check.per-trial-ignores]\nT1 = ["age-*"]\n')
        code, found, err = self._check(run, "--config", "own.toml")
        assert (code, found) == (1, ALL[1:])
        assert err == "critparse: 1 finding suppressed by per-trial ignores\n"

    def test_settings_among_the_records_are_no_record(self, run: Run, records: Path) -> None:
        """A folder may hold both."""
        folder = records.parent / "folder"
        folder.mkdir()
        records.rename(folder / records.name)
        (folder / "critparse.toml").write_text("[check]\n")
        code, out, err = run("check", "folder", "--no-model", "-f", "jsonl")
        assert (code, codes(out), err) == (1, ALL, "")

    def test_unknown_codes_are_said(self, run: Run, records: Path) -> None:
        """An error in an option; in a file one line, unless it leaves nothing to check."""
        code, _, err = run("check", "records.jsonl", "--select", "age-minimun-conflict")
        assert code == 2 and "did you mean 'age-minimum-conflict'?" in err and err.count("\n") == 1
        settings = records.with_name("critparse.toml")
        settings.write_text('[check]\nignore = ["unit-mising"]\n')
        code, found, err = self._check(run)
        assert (code, found) == (1, ALL) and "critparse.toml: check.ignore: no check has" in err
        settings.write_text('[check]\nselect = ["nothing"]\n')
        assert self._check(run)[0] == 2


class TestBaseline:
    def _check(self, run: Run, *options: str) -> tuple[int, list[tuple[str, str]], str]:
        code, out, err = run("check", "records.jsonl", "--no-model", "-f", "jsonl", *options)
        return code, codes(out), err

    def test_known_findings_are_hidden(self, run: Run, records: Path) -> None:
        """Recorded once, hidden afterwards, and counted."""
        code, found, err = self._check(run, "--write-baseline", "known.json")
        assert (code, found, err) == (1, ALL, "critparse: 3 findings recorded in known.json\n")
        assert self._check(run, "--baseline", "known.json") == (
            0,
            [],
            "critparse: 3 findings suppressed by baseline\n",
        )

    def test_file_is_sorted_with_a_finding_a_line(self, run: Run, records: Path) -> None:
        """For people, and for diffs."""
        self._check(run, "--write-baseline", "known.json")
        lines = records.with_name("known.json").read_text().splitlines()
        assert (lines[0], lines[-1], len(lines)) == ('{"version": 1, "findings": [', "]}", 5)
        entries = [json.loads(line.rstrip(",")) for line in lines[1:-1]]
        assert [(entry["trial_id"], entry["code"]) for entry in entries] == ALL
        assert entries[1]["quotes"] == ["Platelet count > 50,000"]

    def test_edits_elsewhere_change_nothing(self, run: Run, records: Path) -> None:
        """Offsets, criterion numbers, blanks and case do not count; words and field values do."""
        self._check(run, "--write-baseline", "known.json")
        text = records.read_text().replace("- Age at least", "- Gout\\n-  AGE  at least")
        records.write_text(text)
        assert self._check(run, "--baseline", "known.json")[1] == []
        records.write_text(text.replace("21 Years", "22 Years"))
        code, found, err = self._check(run, "--baseline", "known.json")
        assert (code, found) == (1, ALL[:1])
        assert err.splitlines() == [
            "critparse: 2 findings suppressed by baseline",
            "critparse: 1 entry of the baseline is stale (no longer found)",
        ]

    def test_same_words_twice_are_two_findings(self, run: Run, records: Path) -> None:
        """A second finding in the same words is not hidden by the first one's entry."""
        one = {"id": "T", "eligibility": "Inclusion criteria:\n- Platelet count > 50,000\n- Gout"}
        records.write_text(json.dumps(one))
        self._check(run, "--write-baseline", "known.json")
        twice = one["eligibility"] + "\n\nExclusion criteria:\n- Platelet count > 50,000"
        records.write_text(json.dumps(one | {"eligibility": twice}))
        assert self._check(run, "--baseline", "known.json", "--select", "unit-missing")[1] == [("T", "unit-missing")]

    def test_trials_that_were_not_read_stay(self, run: Run, records: Path) -> None:
        """Renewing a baseline with some of the trials keeps what is known of the others, and reports none as stale."""
        self._check(run, "--write-baseline", "known.json")
        records.write_text(records.read_text().splitlines()[1] + "\n")
        _, found, err = self._check(run, "--baseline", "known.json", "--write-baseline", "new.json")
        assert found == [] and "stale" not in err
        assert records.with_name("new.json").read_text() == records.with_name("known.json").read_text()

    def test_stale_entries_are_dropped_when_renewed(self) -> None:
        """What a trial no longer has is not written again."""
        baseline = Baseline([Known(trial_id="T", code="c", fingerprint="f", quotes=())])
        baseline.has_read("T")
        assert [entry.fingerprint for entry in baseline.stale()] == ["f"] and baseline.elsewhere() == []
        assert baseline.meets("f") and baseline.stale() == []

    def test_unreadable_input_leaves_the_baseline_alone(self, run: Run, records: Path) -> None:
        """A run that failed in part would forget the rest."""
        code, _, err = run("check", "records.jsonl", "gone.txt", "--no-model", "--write-baseline", "known.json")
        assert code == 2 and "known.json is not written" in err
        assert not records.with_name("known.json").exists()

    def test_inputs_are_not_overwritten(self, run: Run, records: Path) -> None:
        """By a baseline least of all."""
        before = records.read_text()
        code, out, err = run("check", "records.jsonl", "--no-model", "--write-baseline", "records.jsonl")
        assert (code, out) == (2, "") and "one of the inputs" in err and records.read_text() == before

    @pytest.mark.parametrize("content", ["", "{}", "[]", '{"version": 2, "findings": []}', '{"version": 1}'])
    def test_damaged_baselines_are_one_line(self, run: Run, records: Path, content: str) -> None:
        """Said with the file's name; nothing is checked."""
        records.with_name("known.json").write_text(content)
        code, out, err = run("check", "records.jsonl", "--baseline", "known.json")
        assert (code, out) == (2, "") and err.startswith("critparse: cannot read known.json") and err.count("\n") == 1
        assert run("check", "records.jsonl", "--baseline", "none.json")[0] == 2
