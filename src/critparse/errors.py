"""Every error critparse raises on purpose: one root, a stable code each, safe to pickle across processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class CritparseError(Exception):
    """Root of all critparse errors.

    ``code`` is stable across releases; ``str(error)`` is one line fit for a terminal.
    """

    code = "CP000"
    template = "{reason}"

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(self.template.format(**details))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.details)


def _rebuild(cls: type[CritparseError], details: dict[str, Any]) -> CritparseError:
    return cls(**details)


class InputError(CritparseError, ValueError):
    """The input cannot be read as a trial record. Details: ``where``, ``reason``."""

    code = "CP100"
    template = "cannot read {where}: {reason}"


class EmptyInput(InputError):
    """The input holds no text at all. Details: ``where``."""

    code = "CP101"
    template = "cannot read {where}: it is empty"


class BinaryInput(InputError):
    """The bytes are not text in any encoding critparse reads. Details: ``where``."""

    code = "CP102"
    template = "cannot read {where}: it is not text (binary data)"


class MalformedInput(InputError):
    """The input claims a format and breaks its syntax. Details: ``where``, ``format``, ``reason``."""

    code = "CP103"
    template = "cannot read {where} as {format}: {reason}"


class UnknownFormat(InputError):
    """No reader takes the input, or the named format does not exist. Details: ``where``, ``known``."""

    code = "CP104"
    template = "cannot read {where}: no reader recognises it (known formats: {known})"


class InputTooLarge(InputError):
    """The input exceeds the configured bound. Details: ``where``, ``size``, ``limit`` (bytes)."""

    code = "CP105"
    template = "cannot read {where}: {size} bytes exceed the limit of {limit}"


class InputNotFound(InputError):
    """No such file. Details: ``where``."""

    code = "CP106"
    template = "cannot read {where}: no such file"


class FetchError(InputError):
    """A registry's answer is not what was asked for. Details: ``where``, ``reason``."""

    code = "CP110"
    template = "cannot fetch {where}: {reason}"


class UnknownTrial(FetchError):
    """The registry has no trial of that number. Details: ``where``, ``registry`` (its address)."""

    code = "CP111"
    template = "cannot fetch {where}: {registry} has no trial of that number"


class RegistryUnavailable(FetchError):
    """The registry cannot be reached, or sends errors, also when asked again. Details: ``where``, ``reason``."""

    code = "CP112"


class FetchTimeout(RegistryUnavailable):
    """The registry does not answer in time, also when asked again. Details: ``where``, ``registry``, ``seconds``."""

    code = "CP113"
    template = "cannot fetch {where}: no answer from {registry} within {seconds:g} seconds"


class NotInCache(FetchError):
    """The network is not to be used, and the trial was never fetched before. Details: ``where``, ``cache`` (folder)."""

    code = "CP114"
    template = "cannot fetch {where}: offline, and there is no copy in {cache}"


class DatabaseError(InputError):
    """A database cannot be read. Details: ``where`` (without password), ``reason``."""

    code = "CP115"
    template = "cannot read from {where}: {reason}"


class ResourceError(CritparseError):
    """A data file that belongs to critparse is missing or damaged. Details: ``file``, ``reason``."""

    code = "CP200"
    template = "critparse's own file {file} is unusable: {reason}"


class MissingExtra(CritparseError):
    """A command needs packages that a plain installation does not bring. Details: ``what``, ``packages``, ``extra``."""

    code = "CP201"
    template = "{what} needs {packages}: pip install 'critparse[{extra}]'"


class PipelineError(CritparseError):
    """A spaCy pipeline cannot be loaded. Details: ``name``, ``reason``."""

    code = "CP202"
    template = "cannot use the pipeline {name}: {reason}"


class OutputError(CritparseError):
    """The result cannot be written. Details: ``where``, ``reason``."""

    code = "CP300"
    template = "cannot write {where}: {reason}"


class UnknownTarget(CritparseError, ValueError):
    """There is no such thing to export to. Details: ``target``, ``known`` (what there is)."""

    code = "CP301"
    template = "cannot export to {target!r}: it is none of {known}"


class SettingsError(CritparseError, ValueError):
    """A settings file cannot be used. Details: ``where``, ``reason``."""

    code = "CP400"
    template = "cannot use {where}: {reason}"


class VocabularyError(CritparseError):
    """A user's own vocabulary cannot be used. Details: ``where``, ``reason``."""

    code = "CP500"
    template = "cannot use the vocabulary {where}: {reason}"


class UnknownVocabulary(VocabularyError):
    """No vocabulary of that name was built. Details: ``where`` (the name), ``hint`` (what there is)."""

    code = "CP501"
    template = "there is no vocabulary {where!r}{hint}"


class VocabularySourceError(VocabularyError):
    """The files a vocabulary is to be built from are missing or damaged. Details: ``where``, ``reason``."""

    code = "CP502"
    template = "cannot build a vocabulary from {where}: {reason}"


class BatchError(CritparseError):
    """A batch cannot be run. Details: ``where``, ``reason``."""

    code = "CP600"
    template = "cannot run the batch in {where}: {reason}"


class BatchChanged(BatchError):
    """What was begun cannot be gone on with: something it depends on is another now. Details: ``where``, ``reason``."""

    code = "CP601"
    template = "cannot go on with the batch in {where}: {reason}; --restart begins anew"


class BatchBusy(BatchError):
    """Another run is writing there. Details: ``where``."""

    code = "CP602"
    template = "cannot run the batch in {where}: another run is writing there"


class WorkersFailed(BatchError):
    """Workers die again and again without a record to blame. Details: ``reason``."""

    code = "CP603"
    template = "the workers of the batch cannot work: {reason}"


class RecordFailed(CritparseError):
    """critparse itself failed on a record of a batch. Details: ``reason``."""

    code = "CP610"
    template = "internal error: {reason}"


class RecordTimeout(RecordFailed):
    """A record was stopped because it took too long. Details: ``seconds``."""

    code = "CP611"
    template = "stopped: it took longer than {seconds:g} seconds"


class RecordTooBig(RecordFailed):
    """A record was given up because it needed too much memory. Details: ``megabytes``."""

    code = "CP612"
    template = "stopped: it needed more than {megabytes} MB of memory"


class RecordKilledWorker(RecordFailed):
    """The process that read a record died, twice. Details: ``how``."""

    code = "CP613"
    template = "the process that read it died twice ({how})"


class ReviewError(CritparseError):
    """The curators' workbench cannot do what is asked. Details: ``reason``."""

    code = "CP700"
    template = "{reason}"


class NotFound(ReviewError):
    """There is no such thing in the workbench. Details: ``what``."""

    code = "CP701"
    template = "there is no {what}"


class VersionConflict(ReviewError):
    """The trial has changed since it was read. Details: ``trial``, ``expected``, ``version`` (the present one)."""

    code = "CP702"
    template = "trial {trial} is at version {version}, not {expected}: someone else changed it"


class InvalidEdit(ReviewError):
    """A correction does not fit the document. Details: ``reason``."""

    code = "CP703"
    template = "this correction cannot be made: {reason}"


class NotUndoable(ReviewError):
    """A change cannot be taken back. Details: ``version``, ``reason``."""

    code = "CP704"
    template = "version {version} cannot be undone: {reason}"


class SignInRefused(ReviewError):
    """Name and password do not belong together, or the account is locked or closed; which, is not said. No details."""

    code = "CP705"
    template = "the name or the password is wrong, or the account is locked"


class AccountError(ReviewError):
    """An account or token cannot be made or changed so. Details: ``reason``."""

    code = "CP706"


class StoreError(ReviewError):
    """The workbench's database cannot be used. Details: ``where`` (without password), ``reason``."""

    code = "CP707"
    template = "cannot use the database {where}: {reason}"


class ServeError(ReviewError):
    """The server cannot be started so. Details: ``reason``."""

    code = "CP708"
    template = "cannot serve: {reason}"


class ParseTimeout(ReviewError):
    """A record was cut off because reading it took too long. Details: ``seconds``."""

    code = "CP709"
    template = "the record was not read within {seconds:g} seconds; it was cut off"


class ParserBusy(ReviewError):
    """Too many records wait to be read. Details: ``waiting``."""

    code = "CP710"
    template = "{waiting} records wait to be read already: try again later"


class ParserFailed(ReviewError):
    """A process that reads records failed or died. Details: ``reason``."""

    code = "CP711"
    template = "the record could not be read: {reason}"


def describe(path: Path | str | None) -> str:
    """Name an input in a message: its path, or what it is when it has none."""
    return "the input" if path is None else str(path)
