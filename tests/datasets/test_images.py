"""Image files as they come from cameras, scanners and drawing programs."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from keras_cnn_course.datasets import images
from keras_cnn_course.datasets.images import IMAGE_SUFFIXES, find_white, read_image, resize_image, resize_images
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


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (np.linspace(-1, 1, 24, dtype=np.float32), "-1 to 1"),
        (np.linspace(-500, 500, 24).astype(np.int32), "-500 to 500"),
        (np.linspace(0, 100_000, 24).astype(np.int32), "0 to 100000"),
        (np.array([0, np.inf] * 12, dtype=np.float32), "0 to "),
    ],
    ids=str,
)
def test_levels_that_no_image_file_should_hold_are_refused(tmp_path, values, found):
    path = save(tmp_path / "w.tif", values.reshape(4, 6))
    with pytest.raises(ImageError, match=f"go from {found}.*from 0 to at most 65535"):
        read_image(path)


def encode_png(pixels):
    """16-bit pixels `(height, width, 2, 3 or 4)` as a PNG, which Pillow does not write."""
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 16, {2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )


def encode_tiff(pixels):
    """16-bit colors `(height, width, 3)` as a TIFF."""
    height, width, _ = pixels.shape
    data = pixels.astype("<u2").tobytes()
    tags = (
        (256, width),
        (257, height),
        (258, 8),
        (259, 1),
        (262, 2),
        (273, 14),
        (277, 3),
        (278, height),
        (279, len(data)),
    )
    entries = b"".join(
        struct.pack("<HHII", tag, 4 if tag != 258 else 3, 3 if tag == 258 else 1, value) for tag, value in tags
    )
    start = struct.pack("<2sHI3H", b"II", 42, 14 + len(data), 16, 16, 16)
    return start + data + struct.pack("<H", len(tags)) + entries + bytes(4)


def deep_colors(bits, channels=3):
    """Colors that fill some of 16 bits; the last of 2 or 4 channels is opaque."""
    pixels = np.random.default_rng(0).integers(0, 2**bits, (4, 6, channels))
    pixels[0, 0, 0] = 2**bits - 1
    if channels != 3:
        pixels[..., -1] = 65535
    return pixels


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_colors_of_16_bits_become_8(tmp_path, channels):
    pixels = deep_colors(16, channels)
    (tmp_path / "c.png").write_bytes(encode_png(pixels))
    shown = pixels[..., : 1 if channels == 2 else 3]
    np.testing.assert_array_equal(read_image(tmp_path / "c.png"), shown // 256)


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_colors_of_16_bits_that_fill_fewer_are_refused(tmp_path, bits, channels):
    """Pillow keeps the upper 8 bits, which are nearly empty."""
    (tmp_path / "c.png").write_bytes(encode_png(deep_colors(bits, channels)))
    with pytest.raises(ImageError, match=rf"c\.png stores colors of 16 bits, but none is above {2**bits - 1} of 65535"):
        read_image(tmp_path / "c.png")


def test_the_same_holds_for_a_tiff(tmp_path):
    (tmp_path / "c.tif").write_bytes(encode_tiff(deep_colors(16)))
    np.testing.assert_array_equal(read_image(tmp_path / "c.tif"), deep_colors(16) // 256)
    (tmp_path / "c.tif").write_bytes(encode_tiff(deep_colors(12)))
    with pytest.raises(ImageError, match="none is above 4095 of 65535"):
        read_image(tmp_path / "c.tif")


def test_a_dark_image_of_16_bits_stays_dark_beside_a_bright_one(tmp_path):
    for name, bits in (("dark", 8), ("bright", 16)):
        (tmp_path / name).write_bytes(encode_png(deep_colors(bits)))
    white = find_white([tmp_path / "dark", tmp_path / "bright"])
    assert read_image(tmp_path / "dark", white=white).max() == 0


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


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_applied(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / "r.png", RAMP, exif=exif)
    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(read_image(path)[..., 0], expected)


@pytest.mark.parametrize(
    ("intact", "damaged"),
    [
        (b"\x01\x0f\0\x02", b"\x01\x03\0\x02"),  # the camera's maker becomes a compression, which must be a number
        (b"\0\x02\0\x01\0\x02", b"\0\xee\0\x01\0\x02"),  # 238 entries about the place instead of two
    ],
    ids=["tag", "count"],
)
def test_damage_in_the_exif_data_of_a_rotated_photograph_does_no_harm(tmp_path, intact, damaged):
    """Pillow reads the orientation, but cannot write the data again."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x8825] = 6, "maker", {1: "N", 2: (1.0, 2.0, 3.0)}
    path = save(tmp_path / "r.jpg", RAMP, exif=exif, quality=100)
    content = path.read_bytes()
    assert content.count(intact) == 1
    path.write_bytes(content.replace(intact, damaged))
    np.testing.assert_allclose(read_image(path)[..., 0].astype(int), np.rot90(RAMP, -1), atol=2)


@pytest.mark.parametrize("block", [b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0nonsense"])
def test_an_image_whose_exif_data_cannot_be_read_stays_as_it_is(tmp_path, block):
    np.testing.assert_array_equal(read_image(save(tmp_path / "r.png", RAMP, exif=block))[..., 0], RAMP)


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
