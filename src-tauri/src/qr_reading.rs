//! Reading a QR code from a picture of bounded size.

use std::io::Cursor;

use image::{GrayImage, ImageReader, Limits, imageops};
use zeroize::Zeroizing;

use crate::problem::Problem;

/// A photograph in full size is smaller.
pub(crate) const MAX_FILE_BYTES: usize = 16 << 20;
/// The longest edge of a picture, in pixels.
const MAX_EDGE: u32 = 8192;
/// What decoding a picture may take, in bytes.
const MAX_ALLOC: u64 = 256 << 20;
/// Larger pictures are made smaller first: modules stay wide enough, and noise goes.
const READING_EDGE: u32 = 1600;

/// The texts of the QR codes in a PNG or JPEG file.
pub(crate) fn texts_in_file(bytes: &[u8]) -> Result<Vec<Zeroizing<String>>, Problem> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Problem::PictureTooLarge);
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| Problem::NoPicture)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_EDGE);
    limits.max_image_height = Some(MAX_EDGE);
    limits.max_alloc = Some(MAX_ALLOC);
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| match error {
        image::ImageError::Limits(_) => Problem::PictureTooLarge,
        _ => Problem::NoPicture,
    })?;
    // A transparent background is a white one, as on every screen.
    let rgba = picture.into_rgba8();
    let (width, height) = rgba.dimensions();
    texts_in_pixels(width, height, rgba.as_raw())
}

/// The texts of the QR codes in pixels of red, green, blue and opacity.
pub(crate) fn texts_in_pixels(
    width: u32,
    height: u32,
    rgba: &[u8],
) -> Result<Vec<Zeroizing<String>>, Problem> {
    if width > MAX_EDGE || height > MAX_EDGE {
        return Err(Problem::PictureTooLarge);
    }
    let pixels: Vec<u8> = rgba.chunks_exact(4).map(brightness).collect();
    let picture = GrayImage::from_raw(width, height, pixels).ok_or(Problem::NoPicture)?;
    let mut attempts = vec![picture.clone()];
    if width.max(height) > READING_EDGE {
        let scaled = |edge: u32| (edge * READING_EDGE / width.max(height)).max(1);
        let filter = imageops::FilterType::Triangle;
        attempts.push(imageops::resize(&picture, scaled(width), scaled(height), filter));
    }
    for attempt in &attempts {
        for invert in [false, true] {
            let texts = texts_in(attempt, invert);
            if !texts.is_empty() {
                return Ok(texts);
            }
        }
    }
    Err(Problem::NoQrCode)
}

/// Dark mode gives some codes light on dark.
fn texts_in(picture: &GrayImage, invert: bool) -> Vec<Zeroizing<String>> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let raw = picture.as_raw();
    let pixel = |x: usize, y: usize| raw.get(y * width + x).copied().unwrap_or(u8::MAX);
    let turned = |x, y| if invert { u8::MAX - pixel(x, y) } else { pixel(x, y) };
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, turned);
    let grids = prepared.detect_grids();
    grids
        .iter()
        .filter_map(|grid| grid.decode().ok())
        .map(|(_, text)| Zeroizing::new(text))
        .collect()
}

/// How bright a pixel is on white paper.
fn brightness(rgba: &[u8]) -> u8 {
    let [red, green, blue, opacity] =
        [0, 1, 2, 3].map(|i| rgba.get(i).map_or(0, |c| u32::from(*c)));
    let grey = (299 * red + 587 * green + 114 * blue) / 1000;
    u8::try_from((grey * opacity + 255 * (255 - opacity)) / 255).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Luma};

    use super::*;

    /// As a QR code's picture is: `scale` pixels a module, with a margin of four modules.
    fn drawn(text: &str, scale: u32, [dark, light]: [u8; 2]) -> GrayImage {
        let code = qrcode::QrCode::new(text).unwrap();
        let width = u32::try_from(code.width()).unwrap();
        GrayImage::from_fn((width + 8) * scale, (width + 8) * scale, |x, y| {
            let (x, y) = ((x / scale).wrapping_sub(4), (y / scale).wrapping_sub(4));
            let inside = x < width && y < width;
            let is_dark = inside && code[(x as usize, y as usize)] == qrcode::Color::Dark;
            Luma([if is_dark { dark } else { light }])
        })
    }

    fn file(picture: &GrayImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    fn only_text(bytes: &[u8]) -> String {
        let texts = texts_in_file(bytes).unwrap();
        assert_eq!(texts.len(), 1);
        texts[0].to_string()
    }

    #[test]
    fn reads_png_and_jpeg_dark_and_light_small_and_large() {
        let long = format!("countersign://enrol#1.{}", "Ab3_".repeat(90));
        for text in ["otpauth://totp/x?secret=GEZDGNBV", &long] {
            for (scale, colours) in [(3, [0, 255]), (8, [30, 200]), (4, [255, 0]), (40, [0, 255])] {
                let picture = drawn(text, scale, colours);
                assert_eq!(only_text(&file(&picture, ImageFormat::Png)), text, "{scale}");
                assert_eq!(only_text(&file(&picture, ImageFormat::Jpeg)), text, "{scale}");
            }
        }
    }

    #[test]
    fn a_transparent_background_is_white() {
        let picture = drawn("some text", 4, [0, 255]);
        let rgba: Vec<u8> = picture.iter().flat_map(|grey| [0, 0, 0, 255 - grey]).collect();
        let texts = texts_in_pixels(picture.width(), picture.height(), &rgba).unwrap();
        assert_eq!(*texts[0], "some text");
    }

    #[test]
    fn what_is_no_picture_or_has_no_code_or_is_too_large_is_told_apart() {
        assert_eq!(texts_in_file(b"").err(), Some(Problem::NoPicture));
        assert_eq!(texts_in_file(b"GIF89a").err(), Some(Problem::NoPicture));
        let picture = file(&drawn("text", 4, [0, 255]), ImageFormat::Png);
        assert_eq!(texts_in_file(&picture[..picture.len() / 2]).err(), Some(Problem::NoPicture));
        let empty = GrayImage::from_pixel(300, 300, Luma([255]));
        assert_eq!(texts_in_file(&file(&empty, ImageFormat::Png)).err(), Some(Problem::NoQrCode));
        let wide = file(&GrayImage::from_pixel(MAX_EDGE + 1, 1, Luma([255])), ImageFormat::Png);
        assert_eq!(texts_in_file(&wide).err(), Some(Problem::PictureTooLarge));
        let heavy = vec![0; MAX_FILE_BYTES + 1];
        assert_eq!(texts_in_file(&heavy).err(), Some(Problem::PictureTooLarge));
        assert_eq!(texts_in_pixels(2, 2, &[0; 8]).err(), Some(Problem::NoPicture));
    }
}
