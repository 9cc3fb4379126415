"""The package's version, as it was installed."""

from importlib import metadata

try:
    __version__ = metadata.version("gonfalon")
except metadata.PackageNotFoundError:  # from the source tree
    __version__ = "0+unknown"
