//! Any of the texts as a QR code.

use qrcode::{EcLevel, QrCode, render::svg};

use crate::Error;

/// Draws `text` as an SVG picture, dark on light with the quiet zone of four modules that readers
/// need; the colours are fixed, so that a dark theme does not invert it.
///
/// # Errors
/// [`Error::TooLongForQr`] over about 2,900 bytes.
pub fn svg(text: &str) -> Result<String, Error> {
    let code =
        QrCode::with_error_correction_level(text, EcLevel::L).map_err(|_| Error::TooLongForQr)?;
    Ok(code
        .render::<svg::Color<'_>>()
        .min_dimensions(256, 256)
        .quiet_zone(true)
        .dark_color(svg::Color("#000000"))
        .light_color(svg::Color("#ffffff"))
        .build())
}
