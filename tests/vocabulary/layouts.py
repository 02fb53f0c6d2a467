"""Small files as publishers lay them out."""

import gzip
import struct
import wave

import numpy as np


def idx(array):
    """An array of bytes as the bytes of an idx file."""
    sizes = b"".join(struct.pack(">I", size) for size in array.shape)
    return b"\0\0\x08" + bytes([array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def write_digits(place, *, train=5, test=4, packed=False):
    """The four files of MNIST or Fashion-MNIST; pixel p of image n is (784 n + p) % 256."""
    place.mkdir(parents=True, exist_ok=True)
    for name, count in (("train", train), ("t10k", test)):
        images = np.arange(count * 784).reshape(count, 28, 28) % 256
        for part, array in (("images-idx3", images), ("labels-idx1", np.arange(count) % 10)):
            path = place / f"{name}-{part}-ubyte{'.gz' * packed}"
            path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))


def write_wav(path, samples, rate=8000):
    """Samples in [-1, 1] as 16 bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(np.asarray(samples) * 32767).astype("<i2").tobytes())


def write_sphere(path, samples, rate=16000):
    """Samples in [-1, 1] as NIST SPHERE, 16 bits, low byte first, behind a header of 1024 bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    numbers = np.round(np.asarray(samples) * 32767).astype("<i2")
    fields = {
        "channel_count -i": 1,
        "sample_count -i": len(numbers),
        "sample_rate -i": rate,
        "sample_n_bytes -i": 2,
        "sample_byte_format -s2": "01",
        "sample_sig_bits -i": 16,
    }
    lines = [f"{name} {value}\n" for name, value in fields.items()]
    header = "NIST_1A\n   1024\n" + "".join(lines) + "end_head\n"
    path.write_bytes(header.encode().ljust(1024) + numbers.tobytes())


def tone(frequency, seconds, rate, height=0.5):
    """A sine."""
    return height * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)
