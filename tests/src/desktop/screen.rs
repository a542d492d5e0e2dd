//! The display as a person has it: pixels to look at, keys to press. No driver stands between.

use std::fmt::Display;
use std::path::Path;

use image::RgbImage;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    ConnectionExt as _, ImageFormat, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MapState,
    Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use crate::error::{Error, Result};
use crate::wait::{self, Look};

/// Bytes of a pixel: blue, green, red, nothing.
const PIXEL: usize = 4;

/// A rectangle on the display, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) x: i16,
    pub(crate) y: i16,
    pub(crate) width: u16,
    pub(crate) height: u16,
}

impl Area {
    fn has(self, x: i32, y: i32) -> bool {
        let (left, top) = (i32::from(self.x), i32::from(self.y));
        (left..left + i32::from(self.width)).contains(&x)
            && (top..top + i32::from(self.height)).contains(&y)
    }
}

/// What an area of the display showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    area: Area,
    pixels: Vec<u8>,
}

impl Picture {
    /// How many pixels are not as in `other`, which is of the same area, outside `but`.
    pub(crate) fn differing(&self, other: &Self, but: Option<Area>) -> usize {
        let changed = |(place, here): (usize, &[u8])| {
            here != other.pixel(place) && !but.is_some_and(|but| self.is_in(but, place))
        };
        self.pixels.chunks_exact(PIXEL).enumerate().filter(|pixel| changed(*pixel)).count()
    }

    /// How many pixels of `part` are not as its first one: what is written there.
    pub(crate) fn ink(&self, part: Area) -> usize {
        let inside: Vec<&[u8]> = self
            .pixels
            .chunks_exact(PIXEL)
            .enumerate()
            .filter(|(place, _)| self.is_in(part, *place))
            .map(|(_, pixel)| pixel)
            .collect();
        inside.iter().filter(|pixel| **pixel != inside[0]).count()
    }

    /// How many pixels have this colour: blue, green, red.
    pub(crate) fn of_colour(&self, colour: [u8; 3]) -> usize {
        self.pixels.chunks_exact(PIXEL).filter(|pixel| pixel.starts_with(&colour)).count()
    }

    /// Saves it as a PNG file.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        let colours = self.pixels.chunks_exact(PIXEL);
        let colours = colours.flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        let (width, height) = (u32::from(self.area.width), u32::from(self.area.height));
        let image = RgbImage::from_raw(width, height, colours)
            .ok_or_else(|| Error::Display("its pixels are not of 32 bits".to_owned()))?;
        image.save(path).map_err(refused)
    }

    fn pixel(&self, place: usize) -> &[u8] {
        self.pixels.get(place * PIXEL..(place + 1) * PIXEL).unwrap_or_default()
    }

    fn is_in(&self, part: Area, place: usize) -> bool {
        let width = usize::from(self.area.width);
        let coordinate = |start: i16, steps| i32::from(start) + i32::try_from(steps).unwrap_or(0);
        part.has(coordinate(self.area.x, place % width), coordinate(self.area.y, place / width))
    }
}

/// A desktop's display.
pub(crate) struct Screen {
    connection: RustConnection,
    root: Window,
    keycodes: Vec<(u32, u8)>,
}

impl Screen {
    /// Connects to the display.
    pub(crate) fn of(display: &str) -> Result<Self> {
        let (connection, number) = x11rb::connect(Some(display)).map_err(refused)?;
        let setup = connection.setup();
        let root = setup.roots[number].root;
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let mapping = connection
            .get_keyboard_mapping(first, last - first + 1)
            .map_err(refused)?
            .reply()
            .map_err(refused)?;
        let per_code = usize::from(mapping.keysyms_per_keycode);
        let symbols = mapping.keysyms.chunks(per_code).filter_map(|of_code| of_code.first());
        let keycodes = symbols.copied().zip(first..=last).collect();
        Ok(Self { connection, root, keycodes })
    }

    /// The largest window that is shown, and where.
    pub(crate) fn window(&self) -> Result<Option<(Window, Area)>> {
        let tree = self.connection.query_tree(self.root).map_err(refused)?;
        let mut shown = Vec::new();
        for window in tree.reply().map_err(refused)?.children {
            let attributes = self.connection.get_window_attributes(window).map_err(refused)?;
            let geometry = self.connection.get_geometry(window).map_err(refused)?;
            // One that has gone meanwhile is not the one.
            let (Ok(attributes), Ok(place)) = (attributes.reply(), geometry.reply()) else {
                continue;
            };
            if attributes.map_state == MapState::VIEWABLE {
                let (width, height) = (place.width, place.height);
                shown.push((window, Area { x: place.x, y: place.y, width, height }));
            }
        }
        Ok(shown.into_iter().max_by_key(|(_, area)| u32::from(area.width) * u32::from(area.height)))
    }

    /// The same, once there is one.
    pub(crate) async fn shown_window(&self) -> Result<(Window, Area)> {
        wait::until("a window", wait::PATIENCE, async || {
            Ok(match self.window()? {
                Some(found) => Look::There(found),
                None => Look::NotYet("none is shown".to_owned()),
            })
        })
        .await
    }

    /// What an area shows now.
    pub(crate) fn picture(&self, area: Area) -> Result<Picture> {
        let Area { x, y, width, height } = area;
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, x, y, width, height, u32::MAX)
            .map_err(refused)?
            .reply()
            .map_err(refused)?;
        if image.data.len() != usize::from(width) * usize::from(height) * PIXEL {
            return Err(Error::Display("its pixels are not of 32 bits".to_owned()));
        }
        Ok(Picture { area, pixels: image.data })
    }

    /// Gives a window the keyboard, as a window manager would.
    pub(crate) fn focus(&self, window: Window) -> Result<()> {
        self.connection
            .set_input_focus(InputFocus::POINTER_ROOT, window, x11rb::CURRENT_TIME)
            .map_err(refused)?
            .check()
            .map_err(refused)
    }

    /// Presses a digit's key and lets it go.
    pub(crate) fn press(&self, digit: char) -> Result<()> {
        // The symbols of Latin letters and digits are numbered as in ASCII.
        let code = self.keycodes.iter().find(|(symbol, _)| *symbol == u32::from(digit));
        let (_, code) =
            code.ok_or_else(|| Error::Display(format!("its keyboard has no {digit}")))?;
        for event in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
            self.connection
                .xtest_fake_input(event, *code, x11rb::CURRENT_TIME, self.root, 0, 0, 0)
                .map_err(refused)?;
        }
        self.connection.flush().map_err(refused)
    }
}

fn refused(error: impl Display) -> Error {
    Error::Display(error.to_string())
}
