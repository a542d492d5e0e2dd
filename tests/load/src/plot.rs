//! Line charts as SVG, drawn from what was measured.

use core::fmt::{self, Write as _};

/// A chart of lines over the same places.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chart {
    pub(crate) title: &'static str,
    /// What goes up.
    pub(crate) up: &'static str,
    /// The places from left to right, as far from each other as the next.
    pub(crate) places: Vec<String>,
    pub(crate) lines: Vec<Line>,
}

/// One line: a value at each place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) values: Vec<f64>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 170.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 40.0;
/// Colours that are told apart in grey too.
const COLOURS: [&str; 4] = ["#1f4e79", "#c2571a", "#2e8b57", "#7a5195"];

impl Chart {
    fn x(&self, place: usize) -> f64 {
        let last = self.places.len().saturating_sub(1).max(1) as f64;
        LEFT + (WIDTH - LEFT - RIGHT) * place as f64 / last
    }

    fn most(&self) -> f64 {
        let values = self.lines.iter().flat_map(|line| &line.values);
        round_up(values.copied().fold(0.0, f64::max))
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.most()
    }

    fn frame(&self, out: &mut String) -> fmt::Result {
        let Self { title, up, .. } = self;
        writeln!(
            out,
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13" role="img" aria-label="{title}">
<rect width="100%" height="100%" fill="white"/>
<text x="{LEFT}" y="20" font-size="16" font-weight="bold">{title}</text>
<text x="{LEFT}" y="38" fill="#555">{up}</text>"##
        )?;
        for part in 0..=4 {
            let value = self.most() * f64::from(part) / 4.0;
            let (y, end, before) = (self.y(value), WIDTH - RIGHT, LEFT - 8.0);
            writeln!(
                out,
                r##"<line x1="{LEFT}" x2="{end}" y1="{y:.1}" y2="{y:.1}" stroke="#ddd"/>
<text x="{before}" y="{:.1}" text-anchor="end">{}</text>"##,
                y + 4.0,
                number(value)
            )?;
        }
        for (place, name) in self.places.iter().enumerate() {
            let (x, y) = (self.x(place), HEIGHT - BOTTOM + 20.0);
            writeln!(out, r#"<text x="{x:.1}" y="{y}" text-anchor="middle">{name}</text>"#)?;
        }
        Ok(())
    }

    fn line(
        &self,
        out: &mut String,
        line: &Line,
        colour: &str,
        lowest: &mut Vec<f64>,
    ) -> fmt::Result {
        let points: Vec<String> = line
            .values
            .iter()
            .enumerate()
            .map(|(place, value)| format!("{:.1},{:.1}", self.x(place), self.y(*value)))
            .collect();
        writeln!(
            out,
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2"/>"#,
            points.join(" ")
        )?;
        for point in &points {
            let Some((x, y)) = point.split_once(',') else { continue };
            writeln!(out, r#"<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>"#)?;
        }
        let mut y = line.values.last().map_or(TOP, |value| self.y(*value)) + 4.0;
        while lowest.iter().any(|other| (other - y).abs() < 16.0) {
            y -= 16.0;
        }
        lowest.push(y);
        let x = WIDTH - RIGHT + 10.0;
        writeln!(out, r#"<text x="{x}" y="{y:.1}" fill="{colour}">{}</text>"#, line.name)
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        self.frame(out)?;
        let mut names = Vec::new();
        for (line, colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            self.line(out, line, colour, &mut names)?;
        }
        writeln!(out, "</svg>")
    }

    /// The chart as SVG.
    pub(crate) fn to_svg(&self) -> String {
        let mut out = String::new();
        // Writing into a string does not fail.
        let _ = self.write(&mut out);
        out
    }
}

/// The next round number: one, two or five, and noughts.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let round = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0].into_iter().find(|round| round * power >= value);
    round.unwrap_or(10.0) * power
}

fn number(value: f64) -> String {
    if value >= 1_000.0 {
        format!("{},{:03}", (value / 1_000.0).floor(), value % 1_000.0)
    } else if value >= 10.0 || value == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_goes_up_to_a_round_number_and_holds_every_value() {
        let line = Line { name: "accepted".to_owned(), values: vec![15_000.0, 7_400.0] };
        let places = vec!["1,000".to_owned(), "1,000,000".to_owned()];
        let chart = Chart { title: "Codes", up: "a second", places, lines: vec![line] };
        let svg = chart.to_svg();
        assert_eq!(chart.most(), 20_000.0);
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains(">20,000</text>") && svg.contains(">1,000,000</text>"), "{svg}");
        assert!(svg.trim_end().ends_with("</svg>"));
        assert_eq!(round_up(0.0), 1.0);
        assert_eq!(number(15_000.0), "15,000");
    }
}
