"""Image files as they come from cameras, scanners and drawing programs."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from keras_cnn_course.datasets import images
from keras_cnn_course.datasets.images import IMAGE_SUFFIXES, read_image, resize_image, resize_images
from keras_cnn_course.errors import ImageError

RAMP = np.arange(0, 240, 10, dtype=np.uint8).reshape(4, 6)


def save(path, array, mode=None, **options):
    image = Image.fromarray(array)
    (image if mode is None else image.convert(mode)).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", ["png", "bmp"])
@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_grey_is_one_channel_however_it_is_stored(tmp_path, suffix, mode):
    image = read_image(save(tmp_path / f"ramp.{suffix}", RAMP, mode))
    np.testing.assert_array_equal(image, RAMP[..., np.newaxis])
    assert image.dtype == np.uint8


def test_colour_has_three_channels(tmp_path):
    colour = np.stack([RAMP, RAMP // 2, RAMP // 3], axis=-1)
    np.testing.assert_array_equal(read_image(save(tmp_path / "c.png", colour)), colour)


def test_jpeg_of_print_shops(tmp_path):
    assert read_image(save(tmp_path / "c.jpg", np.stack([RAMP] * 3, axis=-1), "CMYK")).shape[:2] == (4, 6)


def test_black_and_white(tmp_path):
    image = read_image(save(tmp_path / "b.png", RAMP > 100))
    assert set(np.unique(image)) == {0, 255}


def test_sixteen_bits_become_eight(tmp_path):
    wide = RAMP.astype(np.uint16) * 257
    np.testing.assert_array_equal(read_image(save(tmp_path / "w.png", wide))[..., 0], RAMP)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_file_of_16_bits_may_hold_fewer(tmp_path, bits, suffix):
    full = 2**bits - 1
    wide = np.round(np.linspace(0, full, 24)).astype(np.uint16).reshape(4, 6)
    image = read_image(save(tmp_path / f"w.{suffix}", wide))
    # Rounded to whole levels twice.
    np.testing.assert_allclose(image[..., 0], wide / full * 255, atol=1)


@pytest.mark.parametrize("full", [1.0, 255.0])
def test_floating_point_from_0_to_1_or_to_255(tmp_path, full):
    wide = np.linspace(0, full, 24, dtype=np.float32).reshape(4, 6)
    image = read_image(save(tmp_path / "f.tif", wide))
    np.testing.assert_allclose(image[..., 0], wide / full * 255, atol=1)


@pytest.mark.parametrize("tone", [255, 230])
def test_a_white_drawing_on_transparent_ground_stays_visible(tmp_path, tone):
    pixels = np.full((8, 8, 4), tone, np.uint8)
    pixels[..., 3] = 0
    pixels[2:6, 3:5, 3] = 255
    image = read_image(save(tmp_path / "w.png", pixels))
    assert image[3, 3, 0] == tone
    assert image[0, 0, 0] == 0


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_lies_on_white(tmp_path, mode):
    pixels = np.zeros((4, 6, 4), np.uint8)
    pixels[:2, :, 3] = 255
    image = read_image(save(tmp_path / "t.png", pixels, mode))
    assert image.shape == (4, 6, 1)
    assert image[0, 0, 0] == 0
    assert image[3, 0, 0] == 255


def test_the_cameras_rotation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise to look right
    path = save(tmp_path / "r.jpg", RAMP, exif=exif, quality=100)
    # Quality 100 still rounds once.
    np.testing.assert_allclose(read_image(path)[..., 0].astype(int), np.rot90(RAMP, -1), atol=2)


def test_a_missing_file(tmp_path):
    with pytest.raises(ImageError, match="does not exist"):
        read_image(tmp_path / "none.png")


@pytest.mark.parametrize("format_", ["PPM", "TGA", "ICO", "PCX"])
def test_other_formats_are_refused_whatever_their_name(tmp_path, format_):
    path = tmp_path / "looks_like.png"
    Image.fromarray(RAMP).save(path, format=format_)
    with pytest.raises(ImageError, match="is not a PNG, JPEG, GIF, WebP, TIFF or BMP image"):
        read_image(path)


@pytest.mark.parametrize("suffix", ["webp", "gif", "tif", "tiff"])
def test_the_formats_of_phones_scanners_and_the_web(tmp_path, suffix):
    options = {"lossless": True} if suffix == "webp" else {}
    path = save(tmp_path / f"ramp.{suffix}", RAMP, **options)
    np.testing.assert_array_equal(read_image(path)[..., 0], RAMP)
    assert path.suffix in IMAGE_SUFFIXES


def test_a_jpeg_with_the_name_of_old_browsers(tmp_path):
    path = save(tmp_path / "saved.jfif", np.full((8, 8), 90, np.uint8), format="JPEG")
    assert read_image(path).mean() == 90
    assert path.suffix in IMAGE_SUFFIXES


def test_the_first_frame_of_an_animation_is_read(tmp_path):
    frames = [Image.fromarray(np.full((4, 6), tone, np.uint8)) for tone in (10, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(read_image(tmp_path / "a.gif")[..., 0], 10)


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"avif"])
def test_a_heic_photograph_is_refused_with_the_way_to_convert_it(tmp_path, brand):
    (tmp_path / "phone.heic").write_bytes(b"\x00\x00\x00\x18ftyp" + brand + bytes(100))
    with pytest.raises(ImageError, match="Convert it to JPEG"):
        read_image(tmp_path / "phone.heic")


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp"])
def test_a_cut_file_is_an_error(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8)
    path = save(tmp_path / f"n.{suffix}", noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ImageError, match="damaged"):
        read_image(path)


def write_png_header(path, side):
    """A PNG that declares side x side pixels and holds none."""
    content = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(b""))):
        content += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    path.write_bytes(content)


@pytest.mark.parametrize("side", [9_000, 12_000, 60_000])
def test_a_decompression_bomb_is_refused(tmp_path, side):
    write_png_header(tmp_path / "bomb.png", side)
    with pytest.raises(ImageError, match=r"(more than|at most) 64 million"):
        read_image(tmp_path / "bomb.png")


def test_a_folder_is_not_an_image(tmp_path):
    with pytest.raises(ImageError):
        read_image(tmp_path)


def test_shrinking_averages_instead_of_skipping():
    checks = np.zeros((64, 64, 1), np.uint8)
    checks[::2, ::2] = checks[1::2, 1::2] = 255
    # The middle of the picture: at its border the average has fewer pixels.
    assert abs(int(resize_image(checks, (8, 8))[4, 4, 0]) - 127) <= 3


def test_resizing_keeps_type_and_range():
    step = np.zeros((6, 6, 2), np.float32)
    step[:, 3:] = 255
    resized = resize_image(step, (12, 9))
    assert resized.shape == (12, 9, 2)
    assert resized.dtype == np.float32
    assert resized.min() >= 0
    assert resized.max() <= 255
    assert resize_image(step.astype(np.uint8), (3, 3)).dtype == np.uint8


def test_all_images_alike():
    batch = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(resize_images(batch, (4, 5))[2], resize_image(batch[2], (4, 5)))
    assert resize_images(batch, (8, 8)) is batch


def test_the_pixel_limit_is_checked_before_decoding(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "_MAX_PIXELS", 10)
    with pytest.raises(ImageError, match="has 6x4 pixels; at most"):
        read_image(save(tmp_path / "ramp.png", RAMP))
