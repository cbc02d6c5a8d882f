"""Downloads with a timeout, a few attempts and a check of the SHA-256. A file appears complete or not at all."""

import hashlib
import http.client
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from keras_cnn_course.datasets.registry import DOWNLOAD_TIMEOUT, DatasetFile, download_path
from keras_cnn_course.errors import DatasetError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file

__all__ = ["Progress", "download_file", "file_sha256"]

# Called with the number of bytes received so far.
Progress = Callable[[int], None]

_ATTEMPTS = 3
_CHUNK = 2**18
_USER_AGENT = "kcnn (keras-cnn-course)"


class _TemporaryError(Exception):
    """An error that may not happen again in another attempt."""


def download_file(
    file: DatasetFile,
    *,
    timeout: float = DOWNLOAD_TIMEOUT,
    attempts: int = _ATTEMPTS,
    pause: float = 1.0,
    progress: Progress | None = None,
) -> Path:
    """Download a file and check that it is the published one.

    Args:
        timeout: seconds to wait for the connection, and then for each piece.
        attempts: number of attempts if the server is slow, busy or breaks the connection.
        pause: seconds before the second attempt; doubled before the third.
        progress: called with the number of bytes received so far.

    Returns:
        The path of the file.

    Raises:
        DatasetError: there is no connection, the server is too slow or refuses, the bytes are wrong, or the folder
            cannot be written. No partial file remains.
    """
    target = download_path(file)
    hint = "Set KCNN_DATA_HOME to another folder."
    with reporting_os_errors(DatasetError, "write", target, hint=hint), atomic_file(target) as temporary:
        for attempt in range(1, attempts + 1):
            try:
                _receive(file, temporary, timeout, progress)
                break
            except _TemporaryError as fault:
                if attempt == attempts:
                    raise DatasetError(_advice(file, target, f"{fault}, in {attempts} attempts")) from fault
                time.sleep(pause * 2 ** (attempt - 1))
    return target


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _receive(file: DatasetFile, temporary: Path, timeout: float, progress: Progress | None) -> None:
    """Write the server's answer to `temporary` and check it."""
    request = urllib.request.Request(file.url, headers={"User-Agent": _USER_AGENT})
    digest, received = hashlib.sha256(), 0
    with temporary.open("wb") as stream:
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                # One byte more than was published is enough to know that this is another file.
                while received <= file.size and (chunk := response.read(_CHUNK)):
                    received += len(chunk)
                    digest.update(chunk)
                    stream.write(chunk)
                    if progress is not None:
                        progress(received)
        except (OSError, http.client.HTTPException) as error:
            raise _judged(error, file, timeout) from error
    if digest.hexdigest() == file.sha256:
        return
    if received < file.size:
        raise _TemporaryError(f"it sent only {received:,} of {file.size:,} bytes")
    raise DatasetError(
        _advice(file, download_path(file), "it sent another file than was published (the SHA-256 differs)")
    )


def _judged(error: Exception, file: DatasetFile, timeout: float) -> Exception:
    """Return the error to raise: one that allows another attempt, or a final one."""
    if isinstance(error, urllib.error.HTTPError):
        answer = f"the server answered {error.code} {error.reason}"
        error.close()
        return _TemporaryError(answer) if error.code >= 500 else _final(file, answer)
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return _TemporaryError(f"no answer within {timeout:g} seconds")
    if isinstance(reason, socket.gaierror | ConnectionRefusedError):
        return _final(file, "no connection (are you offline?)")
    if isinstance(error, urllib.error.URLError):
        return _final(file, f"no connection ({reason})")
    return _TemporaryError(f"the connection broke ({reason})")


def _final(file: DatasetFile, reason: str) -> DatasetError:
    return DatasetError(_advice(file, download_path(file), reason))


def _advice(file: DatasetFile, target: Path, reason: str) -> str:
    """Return the message: why the download failed, and how to get the file in another way."""
    return (
        f"Cannot download {file.url}: {reason}. "
        f"To work offline, download it on another machine and save it as {target}."
    )
