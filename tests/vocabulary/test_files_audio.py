"""Recordings to features: mel bands, cosine transforms, frames; spoken digits and TIMIT."""

import numpy as np
import pytest

from ddspec.errors import DdspecError
from ddspec.vocabulary.audio import Features, centers, framed, mel_bands, read_sound
from ddspec.vocabulary.datasets.spoken_digits import SpokenDigits
from ddspec.vocabulary.datasets.timit import Timit
from ddspec.vocabulary.phones import FOLDED, PHONES, folded
from tests.vocabulary.layouts import tone, write_sphere, write_wav

RATE = 16_000


def spectrum(frame, size):
    """The power spectrum by its definition."""
    windowed = frame * (0.54 - 0.46 * np.cos(2 * np.pi * np.arange(len(frame)) / (len(frame) - 1)))
    turns = np.outer(np.arange(size // 2 + 1), np.arange(len(frame)))
    return np.abs(np.exp(-2j * np.pi * turns / size) @ windowed) ** 2


def by_hand(frame, bands, rate):
    """Logarithms of the energies of mel bands, by their definition."""
    size = 512
    power = spectrum(frame, size)
    mel = np.linspace(0, 2595 * np.log10(1 + rate / 1400), bands + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    frequencies = np.arange(size // 2 + 1) * rate / size
    energies = [
        np.interp(frequencies, edges[band : band + 3], [0, 1, 0]) @ power for band in range(bands)
    ]
    return np.log(np.maximum(energies, 1e-10))


NOISE = np.random.default_rng(0).standard_normal(1000) / 10


@pytest.mark.parametrize("loudness", [1, 1e-5, 1e-6])  # the last one is about the floor
def test_log_mel_is_its_formula(loudness):
    sound = NOISE * loudness
    found = Features("log_mel", 30, 13).of(sound, RATE)
    assert found.shape == (4, 30)
    for number, row in enumerate(found):
        assert np.allclose(row, by_hand(sound[160 * number :][:400], 30, RATE), atol=1e-9)


def test_mfcc_is_the_cosine_transform_of_log_mel():
    logs, cosines = (Features(kind, 30, 13).of(NOISE, RATE) for kind in ("log_mel", "mfcc"))
    order, band = np.arange(13)[:, None], np.arange(30)
    basis = np.sqrt(2 / 30) * np.cos(np.pi * order * (2 * band + 1) / 60)
    basis[0] /= np.sqrt(2)
    assert np.allclose(cosines, logs @ basis.T)


@pytest.mark.parametrize("frequency", [300, 1000, 3000])
def test_a_tone_is_loudest_in_its_band(frequency):
    found = Features("log_mel", 40, 13).of(tone(frequency, 0.1, RATE), RATE)
    mel = 2595 * np.log10(1 + np.array([frequency, RATE / 2]) / 700)
    assert abs(found.mean(axis=0).argmax() - (mel[0] / mel[1] * 41 - 1)) <= 1


def test_frames_are_25_ms_long_and_10_ms_apart():
    assert framed(np.arange(1000), RATE).shape == (4, 400)
    assert framed(np.arange(1000), RATE)[3, 0] == 480
    assert framed(np.arange(399), RATE).shape == (1, 400)
    assert centers(3, RATE).tolist() == [200, 360, 520]


def test_bands_overlap_so_that_inner_weights_sum_to_one():
    weights = mel_bands(20, 512, RATE)
    inner = slice(weights[0].argmax(), weights[-1].argmax())
    assert np.allclose(weights.sum(axis=0)[inner], 1)


def test_silence_counts_as_the_floor():
    assert (Features("log_mel", 40, 13).of(np.zeros(2000), RATE) == np.log(1e-10)).all()


def test_wav_and_sphere_hold_the_same_samples(tmp_path):
    samples = tone(440, 0.05, RATE)
    write_wav(tmp_path / "a.wav", samples, RATE)
    write_sphere(tmp_path / "A.WAV", samples, RATE)
    (one, rate), (other, same) = read_sound(tmp_path / "a.wav"), read_sound(tmp_path / "A.WAV")
    assert (rate, same) == (RATE, RATE)
    assert np.array_equal(one, other)
    assert np.allclose(one, samples, atol=1e-4)


def test_what_is_no_recording_is_named(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"hello")
    with pytest.raises(DdspecError, match=r"a.wav is no recording"):
        read_sound(tmp_path / "a.wav")


# --- spoken digits ----------------------------------------------------------------------------


def write_digits(place, speakers=("ann", "bob"), indices=(0, 4, 5, 9)):
    for digit in range(10):
        for number, speaker in enumerate(speakers):
            for index in indices:
                sound = tone(200 + 150 * digit + 10 * number, 0.1 + 0.01 * index, 8000)
                write_wav(place / f"{digit}_{speaker}_{index}.wav", sound)


def spoken(**changes):
    return SpokenDigits(**({"samples": 10, "test": 40, "bands": 20, "frames": 12} | changes))


@pytest.mark.parametrize(
    "place", ["fsdd/recordings", "free-spoken-digit-dataset-1.0.9/recordings", "recordings"]
)
def test_the_first_five_recordings_of_a_speaker_are_the_test_set(tmp_path, place):
    write_digits(tmp_path / place)
    pool = spoken().pool(0, tmp_path)
    assert pool.train_inputs.shape == (40, 240)
    assert pool.test_inputs.shape == (40, 240)
    assert pool.train_targets.tolist() == [digit for digit in range(10) for _ in range(4)]
    assert pool.train_groups.tolist() == [0, 0, 1, 1] * 10
    assert np.bincount(pool.test_targets).tolist() == [4] * 10


def test_digits_are_scaled_over_training_frames_cut_and_followed_by_zeros(tmp_path):
    write_digits(tmp_path / "recordings")
    # 0.15 s are 1200 samples, 13 frames of 200 every 80; 0.19 s are 17
    first = spoken().pool(0, tmp_path).train_inputs[0].reshape(20, 12)
    assert (first != 0).all()
    wide = spoken(frames=30).pool(0, tmp_path).train_inputs[0].reshape(20, 30)
    assert np.array_equal(wide[:, :12], first)
    assert (wide[:, 13:] == 0).all()
    assert (wide[:, 12] != 0).all()
    rows = spoken(frames=17).pool(0, tmp_path).train_inputs.reshape(40, 20, 17)
    frames = np.concatenate([row[:, : 13 if n % 2 == 0 else 17] for n, row in enumerate(rows)], 1)
    assert np.allclose(frames.mean(axis=1), 0, atol=1e-5)
    assert np.allclose(frames.std(axis=1), 1, atol=1e-5)


def test_fewer_test_digits_are_the_first_of_more(tmp_path):
    write_digits(tmp_path / "fsdd" / "recordings")
    few, many = (spoken(test=count).pool(3, tmp_path) for count in (7, 40))
    assert np.array_equal(few.test_inputs, many.test_inputs[:7])
    assert len(set(many.test_targets[:20].tolist())) > 5


def test_the_folder_with_most_recordings_is_read(tmp_path):
    write_digits(tmp_path / "fsdd" / "recordings", speakers=("ann",))
    write_digits(tmp_path / "recordings")
    assert len(spoken().pool(0, tmp_path).train_targets) == 40


def test_mfccs_have_as_many_rows_as_coefficients(tmp_path):
    write_digits(tmp_path / "recordings")
    word = spoken(features="mfcc", coefficients=5)
    assert word.shape == (5, 12)
    assert word.pool(0, tmp_path).train_inputs.shape == (40, 60)


def test_missing_recordings_are_asked_for(tmp_path):
    with pytest.raises(DdspecError, match=r"DIGIT_SPEAKER_INDEX.wav; looked in") as caught:
        spoken().pool(0, tmp_path)
    assert str(tmp_path / "fsdd/recordings") in caught.value.help[0]
    with pytest.raises(DdspecError, match="no data folder"):
        spoken().pool(0, None)


@pytest.mark.parametrize(("indices", "lacking"), [((0, 4), "from 5 on"), ((5, 6), "below 5")])
def test_recordings_of_both_uses_are_needed(tmp_path, indices, lacking):
    write_digits(tmp_path / "recordings", indices=indices)
    with pytest.raises(DdspecError, match=f"no recordings with an index {lacking}"):
        spoken().pool(0, tmp_path)


# --- TIMIT ------------------------------------------------------------------------------------

# 0.3 s: 28 frames, their middles at 200 + 160 n
SAID = "0 1000 h#\n1000 2600 sh\n2600 3400 q\n3400 4200 ix\n4200 4800 h#\n"


def write_timit(root, *, small=False):
    def spelled(text):
        return text.lower() if small else text

    for number, (half, speaker) in enumerate(
        [("TRAIN", "DR1/FCJF0"), ("TRAIN", "DR2/MABC0"), ("TEST", "DR1/FAKS0")]
    ):
        for sentence in ("SA1", "SX37"):
            stem = root / spelled(half) / spelled(speaker) / spelled(sentence)
            sound = tone(500 + 100 * number, 0.3, RATE) + NOISE.repeat(5)[:4800] / 5
            write_sphere(stem.with_suffix(spelled(".WAV")), sound)
            stem.with_suffix(spelled(".PHN")).write_text(SAID)


def frames(**changes):
    return Timit(**({"samples": 10, "test": 20, "bands": 12, "context": 2} | changes))


@pytest.mark.parametrize("place", ["TIMIT", "timit", "timit/TIMIT", "."])
@pytest.mark.parametrize("small", [False, True])
def test_frames_of_the_training_folder_train(tmp_path, place, small):
    write_timit(tmp_path / place, small=small)
    word = frames()
    pool = word.pool(0, tmp_path)
    # middles below 1000: 0-4; below 2600: 5-14; q: 15-19; ix below 4200: 20-24; h#: 25-27
    names = ["sil"] * 5 + ["sh"] * 10 + ["ih"] * 5 + ["sil"] * 3
    assert pool.train_targets.tolist() == [FOLDED.index(name) for name in names] * 2
    assert pool.train_inputs.shape == (46, 60)
    assert (word.shape, word.classes) == ((12, 5), 39)
    assert len(pool.test_targets) == 20


def test_all_phones_keep_the_glottal_stop(tmp_path):
    write_timit(tmp_path)
    word = frames(phones="all", shared_sentences=True)
    names = ["h#"] * 5 + ["sh"] * 10 + ["q"] * 5 + ["ix"] * 5 + ["h#"] * 3
    targets = word.pool(0, tmp_path).train_targets
    assert targets.tolist() == [PHONES.index(name) for name in names] * 4
    assert word.classes == 61


def test_frames_without_a_phone_are_left_out(tmp_path):
    write_timit(tmp_path)
    # of the middles at 200 + 160 n the first and the last are just outside
    (tmp_path / "TRAIN/DR1/FCJF0/SX37.PHN").write_text("201 1000 h#\n1000 4520 sh\n")
    targets = frames().pool(0, tmp_path).train_targets
    assert targets[:26].tolist() == [FOLDED.index("sil")] * 4 + [FOLDED.index("sh")] * 22
    assert len(targets) == 26 + 23


def test_a_frame_stands_amid_its_context(tmp_path):
    write_timit(tmp_path)
    wide = frames(phones="all").pool(0, tmp_path).train_inputs.reshape(2, 28, 12, 5)
    plain = frames(phones="all", context=0).pool(0, tmp_path).train_inputs.reshape(2, 28, 12)
    for spoken_once, alone in zip(wide, plain, strict=True):
        assert np.array_equal(spoken_once[:, :, 2], alone)
        assert np.array_equal(spoken_once[7], alone[5:10].T)
        assert np.array_equal(spoken_once[0], alone[[0, 0, 0, 1, 2]].T)
        assert np.array_equal(spoken_once[27], alone[[25, 26, 27, 27, 27]].T)


def test_frames_are_scaled_over_the_training_folder(tmp_path):
    write_timit(tmp_path)
    pool = frames(phones="all", context=0, test=28).pool(0, tmp_path)
    assert np.allclose(pool.train_inputs.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(pool.train_inputs.std(axis=0), 1, atol=1e-5)
    assert not np.allclose(pool.test_inputs.mean(axis=0), 0, atol=1e-2)


def test_fewer_test_frames_are_the_first_of_more(tmp_path):
    write_timit(tmp_path)
    few, many = (frames(test=count).pool(0, tmp_path) for count in (5, 20))
    assert np.array_equal(few.test_inputs, many.test_inputs[:5])
    assert np.array_equal(few.test_targets, many.test_targets[:5])


def test_the_table_folds_61_phones_to_39():
    assert (len(PHONES), len(set(PHONES)), len(FOLDED)) == (61, 61, 39)
    assert folded("q") is None
    assert [folded(phone) for phone in ("ux", "axr", "zh", "pcl", "epi", "el", "b")] == [
        *("uw", "er", "sh", "sil", "sil", "l", "b")
    ]


@pytest.mark.parametrize("line", ["0 1000 xyz", "0 h#", "a 1000 h#"])
def test_a_wrong_transcript_is_named_with_its_line(tmp_path, line):
    write_timit(tmp_path)
    (tmp_path / "TRAIN/DR1/FCJF0/SX37.PHN").write_text(f"0 10 h#\n{line}\n")
    with pytest.raises(DdspecError, match=rf"SX37.PHN .*line 2 is `{line}`"):
        frames().pool(0, tmp_path)


def test_a_transcript_needs_its_recording(tmp_path):
    write_timit(tmp_path)
    (tmp_path / "TRAIN/DR1/FCJF0/SX37.WAV").unlink()
    with pytest.raises(DdspecError, match=r"SX37.PHN has no recording beside it"):
        frames().pool(0, tmp_path)


def test_missing_folders_are_asked_for(tmp_path):
    with pytest.raises(DdspecError, match=r"timit needs the files TRAIN/DR1/SPEAKER/SEN"):
        frames().pool(0, tmp_path)
