"""Recordings to features: log energies of mel bands and their cosine transform, frame by frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ddspec.errors import DdspecError

if TYPE_CHECKING:
    import numpy as np

WINDOW, HOP = 0.025, 0.010  # seconds
FLOOR = 1e-10  # energies below count as this: silence has a logarithm
KINDS = ("log_mel", "mfcc")


def read_sound(path: Path) -> tuple[np.ndarray, int]:
    """The samples of a recording, (n,) float64 in [-1, 1], and how many there are a second.

    Reads WAV and NIST SPHERE. Raises DdspecError for a file that is neither, or not of one channel.
    """
    import soundfile

    try:
        samples, rate = soundfile.read(path, dtype="float64")
    except (soundfile.SoundFileError, OSError) as problem:
        raise DdspecError(f"{path} is no recording: {problem}", "put the file there anew") from None
    if samples.ndim != 1:
        raise DdspecError(f"{path} has {samples.shape[1]} channels, one is needed")
    return samples, int(rate)


@attrs.frozen
class Features:
    """What is computed of each frame of 25 ms, one every 10 ms.

    Of the power spectrum P(f) of a frame under a Hamming window, energy of band b: sum over f of
    T_b(f) P(f), where T_b is a triangle on the mel scale, m(f) = 2595 log10(1 + f / 700), and the
    `bands` centers lie evenly between 0 and half the sampling rate. `log_mel`: the logarithms of
    the energies. `mfcc`: the first `coefficients` of their orthonormal cosine transform (DCT-II).
    """

    kind: str
    bands: int
    coefficients: int

    @property
    def count(self) -> int:
        """Numbers a frame has."""
        return self.bands if self.kind == "log_mel" else min(self.coefficients, self.bands)

    def of(self, samples: np.ndarray, rate: int) -> np.ndarray:
        """The features, (frames, count) float64; a recording shorter than a frame has one."""
        import numpy as np
        from scipy.fft import dct, rfft
        from scipy.signal import get_window

        frames = framed(samples, rate)
        width = frames.shape[1]
        size = 1 << (width - 1).bit_length()
        spectrum = rfft(frames * get_window("hamming", width, fftbins=False), size)
        energies = np.abs(spectrum) ** 2 @ mel_bands(self.bands, size, rate).T
        logs = np.log(np.maximum(energies, FLOOR))
        found = logs if self.kind == "log_mel" else dct(logs, norm="ortho")[:, : self.count]
        return np.asarray(found)


def framed(samples: np.ndarray, rate: int) -> np.ndarray:
    """The frames, (frames, samples a frame), that lie wholly within the recording."""
    import numpy as np

    width, hop = round(WINDOW * rate), round(HOP * rate)
    padded = np.pad(samples, (0, max(0, width - len(samples))))
    return np.lib.stride_tricks.sliding_window_view(padded, width)[::hop]


def centers(count: int, rate: int) -> np.ndarray:
    """The sample in the middle of each frame, (count,)."""
    import numpy as np

    return np.arange(count) * round(HOP * rate) + round(WINDOW * rate) // 2


def mel_bands(bands: int, size: int, rate: int) -> np.ndarray:
    """The triangles at the frequencies of a transform of `size` points, (bands, size // 2 + 1)."""
    import numpy as np

    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, bands + 2) / 2595) - 1)
    low, middle, high = (edges[start : start + bands, None] for start in range(3))
    frequencies = np.arange(size // 2 + 1) * rate / size
    rising = (frequencies - low) / (middle - low)
    falling = (high - frequencies) / (high - middle)
    return np.asarray(np.maximum(0, np.minimum(rising, falling)))


def standard(frames: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each feature over all frames; 1 where it never varies."""
    import numpy as np

    whole = np.concatenate(frames)
    deviation = whole.std(axis=0)
    return whole.mean(axis=0), np.where(deviation > 0, deviation, 1.0)
