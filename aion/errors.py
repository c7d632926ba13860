"""The exceptions and warnings that several modules raise or catch::

    AIONError
    ├── InputError (ValueError)            data that a person handed in
    │   ├── FormatError                    a file that no reader can use
    │   │   └── ChoiceNeededError          one that can be read in several ways: a person has to choose
    │   └── ModalityError                  arrays that do not make the modality they claim to be
    ├── ModalityTypeError (TypeError)      not a modality, or one without a codec
    ├── TokenKeyError (ValueError)         a token stream that is not there
    ├── WeightsError (OSError)             a model or codec that cannot be loaded
    │   ├── WeightsNotFoundError           unknown id, revision, folder or file
    │   ├── AccessError                    gated or private: 401, 403
    │   ├── ConnectionFailedError          no network, cut connection
    │   ├── DiskSpaceError                 no room for a download
    │   └── WeightsMismatchError           truncated file, missing, extra or misshapen tensors
    ├── ConfigError (ValueError)           an unknown or impossible configuration value
    ├── IngredientError (OSError)          a training ingredient that cannot be fetched
    ├── SkyError                           something of the sky that cannot be had by its coordinates
    │   ├── ArchiveError (OSError)         a service that does not answer, or with something else
    │   ├── NothingThereError              no such name, no image or spectrum there
    │   └── StoppedError                   a person no longer wants it
    ├── ClosedError                        an engine that takes nothing any more
    ├── SearchError (ValueError)           an index that does not fit the question
    │   └── IndexMismatchError             an index made by other weights
    └── FaultError                         a fault of this program, not of what it was given
    AIONWarning (UserWarning)
    ├── TruncationWarning                  tokens were left out of the encoder
    └── AssumptionWarning                  a value was assumed because the input does not say

Each message says what was given, what is expected, what to do.
"""

import logging


class AIONError(Exception):
    """Base of everything this package raises on purpose."""


class InputError(AIONError, ValueError):
    """Data handed in by a person cannot be used as it is."""


class FormatError(InputError):
    """A file cannot be read as any known format."""


class ChoiceNeededError(FormatError):
    """A file can be read in several ways with different results, and nothing in it says which is meant."""

    def __init__(self, message: str, choices: tuple[str, ...]) -> None:
        super().__init__(message)
        self.choices = choices
        """Settings of which one is needed, as `aion.io.Overrides.parse` takes them:
        ``("wavelength_unit=Angstrom", "wavelength_unit=nm")``."""


class ModalityError(InputError):
    """Arrays do not make the modality they were given to."""


class ModalityTypeError(AIONError, TypeError):
    """The object or class is not a modality, or has no codec."""


class TokenKeyError(AIONError, ValueError):
    """A token stream was asked for that the tokens or the model do not have."""


class WeightsError(AIONError, OSError):
    """A model or a codec cannot be loaded."""


class WeightsNotFoundError(WeightsError):
    """The id, revision, folder or file does not exist."""


class AccessError(WeightsError):
    """The weights exist but this account may not read them."""


class ConnectionFailedError(WeightsError):
    """The Hub could not be reached, or the connection broke."""


class DiskSpaceError(WeightsError):
    """A download has no room, or its folder may not be written to."""


class WeightsMismatchError(WeightsError):
    """The file does not hold the tensors that the configuration asks for."""


class ConfigError(AIONError, ValueError):
    """A configuration has an unknown key or an impossible value."""


class IngredientError(AIONError, OSError):
    """A package that training starts from cannot be downloaded or unpacked."""


class SkyError(AIONError):
    """Something cannot be had from the archives by its position, name or id."""


class ArchiveError(SkyError, OSError):
    """A service cannot be reached, refuses, or sends something else than was asked for."""


class NothingThereError(SkyError):
    """The service answers, and has nothing of that name, id or position."""


class StoppedError(SkyError):
    """It was stopped before it was done."""


class ClosedError(AIONError):
    """The engine was closed while somebody still asked it."""


class SearchError(AIONError, ValueError):
    """An index cannot answer the question."""


class IndexMismatchError(SearchError):
    """The index was made by other weights than the ones asking."""


class FaultError(AIONError):
    """Something went wrong that this package did not foresee; made by `explained_fault`."""


def explained_fault(exc: BaseException) -> AIONError:
    """What is to be told of any exception: one of ours as it is;
    for any other, which is logged here with its traceback, a `FaultError`."""
    if isinstance(exc, AIONError):
        return exc
    logging.getLogger(__name__).error("a fault of this program", exc_info=exc)
    what = f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
    fault = FaultError(f"a fault of this program, not of what it was given ({what}); its log has the details")
    fault.__cause__ = exc
    return fault


class AIONWarning(UserWarning):
    """Base of every warning of this package."""


class TruncationWarning(AIONWarning):
    """Some tokens were left out of the encoder; the message has the numbers."""


class AssumptionWarning(AIONWarning):
    """A value was assumed because the input does not state it."""
